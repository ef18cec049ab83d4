; same_pads_swapped: SAME with the odd pixel of padding in front.
;
; "SAME pads evenly, and it does not matter where the odd pixel goes."  The shape is right either way; every value is
; shifted by one pixel. TensorFlow puts the odd pixel behind the image. ONNX has both, SAME_UPPER (behind) and
; SAME_LOWER (in front), and its first text had the split reversed. Tests that look at shapes pass.
; Where one meets it: onnx#1609, onnxruntime#4698, keras PR 22876 (right shape, values shifted by one pixel).
; True instead: pad = floor(total/2) in front, total - floor(total/2) behind, total = max((out-1)*down + extent - in,
; 0).
(set-logic QF_NIA)
(set-info :belief "it does not matter on which side SAME puts its odd pixel of padding")
(set-info :source "onnx#1609, keras PR 22876")

(declare-const in Int)
(declare-const out Int)
(declare-const taps Int)
(declare-const down Int)
(declare-const dilation Int)
(declare-const pad Int)
(declare-const o Int)
(declare-const i Int)
(declare-const k Int)

(define-fun tap ((o Int) (i Int) (k Int)) Bool
  (and (<= 0 i) (< i in) (<= 0 o) (< o out) (<= 0 k) (< k taps)
       (= i (- (+ (* down o) (* dilation k)) pad))))

(define-fun extent () Int (+ (* dilation (- taps 1)) 1))

; SAME: the code has ceil(in/down) pixels; what the windows need beyond the image is split, the odd pixel to the end.
(define-fun missing () Int (- (+ (* down (- out 1)) extent) in))
(define-fun total () Int (ite (< missing 0) 0 missing))
(define-fun pad_end () Int (- total (div total 2)))

(assert (and (>= in 1) (>= out 1) (>= taps 1) (>= down 1) (>= dilation 1)))
(assert (= out (div (+ in (- down 1)) down)))
(assert (= pad (div total 2)))
(assert (<= extent in))                         ; the filter fits into the image

(define-fun believed ((o Int) (i Int) (k Int)) Bool
  (and (<= 0 i) (< i in) (<= 0 o) (< o out) (<= 0 k) (< k taps)
       (= i (- (+ (* down o) (* dilation k)) pad_end))))

; The hypotheses can be true together, and where the total is even the belief is right.
(push 1)
(assert (and (>= total 1) (= pad pad_end) (tap o i k)))
(set-info :status sat)
(check-sat)
(pop 1)

; A tap on which they disagree.
(push 1)
(assert (not (= (tap o i k) (believed o i k))))
(set-info :status sat)
(check-sat)
(get-value (in taps down dilation))
(pop 1)
