; same_pads_from_code: SAME padding worked out from the code alone.
;
; "A SAME transposed convolution returns to stride*code pixels, so its padding is max(extent - stride, 0)."  That is
; the padding of one image among the `down` images that share this code: SAME padding moves with the size of the
; image. An image of 3 and one of 4 both have a SAME code of 2 under stride 2, and with three taps the first is padded
; 1 and 1, the second 0 and 1. The layer that goes back must be told which one it was.
; Where one meets it: pytorch#3867 and #80301 (SAME for strides), keras#3489 (an autoencoder that does not come back).
; True instead: total = max((out-1)*down + extent - in, 0), with the true size of the image.
(set-logic QF_NIA)
(set-info :belief "the code size is enough to know SAME's padding")
(set-info :source "pytorch#3867, keras#3489")

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
(assert (or (= down 1) (= dilation 1)))         ; Keras refuses stride and dilation together

; The same rule for an image of down*out pixels: (out-1)*down + extent - down*out are missing.
(define-fun believed_total () Int (ite (< extent down) 0 (- extent down)))
(define-fun believed ((o Int) (i Int) (k Int)) Bool
  (and (<= 0 i) (< i in) (<= 0 o) (< o out) (<= 0 k) (< k taps)
       (= i (- (+ (* down o) (* dilation k)) (div believed_total 2)))))

; The hypotheses can be true together, and where the image has down*out pixels the belief is right.
(push 1)
(assert (and (>= total 1) (>= down 2) (= in (* down out)) (tap o i k) (believed o i k)))
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
