; no_flip: the zeros inserted, the filter as it is.
;
; "A transposed convolution inserts zeros between the code's pixels, pads, and then convolves with the same filter."
; The first two steps are right. In the third the filter must be reversed: code pixel o wrote w[0] to its first image
; pixel, so that image pixel is the one that must read w[0] back, and a window that slides from the left meets its
; taps in the opposite order. A filter that is its own mirror image (bilinear upsampling, a box, a single tap) hides
; the mistake, and so do training runs from scratch: the filter learns to be reversed, and fails only when weights are
; loaded or tied.
; Where one meets it: jax#32267 (conv_transpose flips only with transpose_kernel), Theano's filter_flip.
; True instead: zero insertion with the filter reversed and its channels swapped, [DV16] relations 8 to 14.
(set-logic QF_NIA)
(set-info :belief "zero insertion, then a convolution with the same filter, is the transposed convolution")
(set-info :source "jax#32267")

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
; Code pixel o stands at down*o + dilation*(taps-1) - pad among the inserted zeros, and the window of image pixel i
; reads position i + dilation*k with weight w[k].
(define-fun believed ((o Int) (i Int) (k Int)) Bool
  (and (<= 0 i) (< i in) (<= 0 o) (< o out) (<= 0 k) (< k taps)
       (= (+ i (* dilation k)) (- (+ (* down o) (* dilation (- taps 1))) pad))))

(assert (and (>= in 1) (>= out 1) (>= taps 1) (>= down 1) (>= dilation 1)))
; The filter fits into the image, and no window lies in the padding alone.
(assert (<= extent in))
(assert (and (<= 0 pad) (< pad extent)))

; The hypotheses can be true together, and taps exist on which both agree (the middle one, for example).
(push 1)
(assert (and (tap o i k) (believed o i k)))
(set-info :status sat)
(check-sat)
(pop 1)

; A tap on which they disagree.
(push 1)
(assert (not (= (tap o i k) (believed o i k))))
(set-info :status sat)
(check-sat)
(get-value (in out taps down dilation pad))
(pop 1)
