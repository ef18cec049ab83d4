; stride_can_be_cancelled: stride 2/2 is stride 1.
;
; "Upsampling by 2 and downsampling by 2 cancel."  Stride p/q inserts q-1 zeros between the pixels, filters on the
; fine grid and keeps every p-th result. With 2/2 the filter works on the fine grid, and of its taps only those that
; meet a pixel and not an inserted zero count: every second one. Stride 2/2 is stride 1 with half of the filter. As a
; number the stride can be cancelled; as an operator it cannot.
; Where one meets it: rational resampling (upfirdn, JAX's lhs_dilation with window_strides).
; True instead: nothing is cancelled. Whoever asks fsconv for stride 2/2 gets it, and it is another operator than stride
; 1; which taps are left of the filter is in lowest_terms.smt2.
(set-logic QF_NIA)
(set-info :belief "stride 2/2 is stride 1")

(declare-const in Int)
(declare-const out Int)
(declare-const taps Int)
(declare-const down Int)
(declare-const up Int)
(declare-const factor Int)
(declare-const dilation Int)
(declare-const pad Int)
(declare-const o Int)
(declare-const i Int)
(declare-const k Int)

(define-fun extent () Int (+ (* dilation (- taps 1)) 1))
; The equation with the stride (f*down)/(f*up).
(define-fun joined ((f Int)) Bool
  (and (<= 0 i) (< i in) (<= 0 o) (< o out) (<= 0 k) (< k taps)
       (= (* (* f up) i) (- (+ (* (* f down) o) (* dilation k)) pad))))

(assert (and (>= in 1) (>= out 1) (>= taps 1) (>= down 1) (>= dilation 1)))
(assert (and (>= up 1) (>= factor 2)))
(assert (and (<= 0 pad) (< pad extent)))

; The hypotheses can be true together, and tap 0 of unpadded windows is on both.
(push 1)
(assert (and (>= taps 2) (joined factor) (joined 1)))
(set-info :status sat)
(check-sat)
(pop 1)

; A tap of one that the other does not have.
(push 1)
(assert (not (= (joined factor) (joined 1))))
(set-info :status sat)
(check-sat)
(get-value (in out taps down up factor dilation pad))
(pop 1)
