; inverse: a transposed convolution undoes the convolution.
;
; "Deconvolution": the name promises that conv_transpose brings back the image, W^T W = I. It brings back its shape.
; Look at one window, a code of one pixel: if it reads the image at i with weight w_k and at j with w_l, then W^T W
; holds w_k*w_k and w_l*w_l on its diagonal and w_k*w_l beside it. The identity wants 1, 1 and 0. No weights do that,
; be they integers (below) or real: if neither factor is 0, neither is the product. One number cannot remember two.
; Where one meets it: the layer names Deconvolution and deconv; decoders that are expected to need no training.
; True instead: W^T is the transpose, which carries gradients back. The inverse problem is least squares.
(set-logic QF_NIA)
(set-info :belief "a transposed convolution undoes the convolution: W^T W = I")
(set-info :claims "not-inverse")

(declare-const in Int)
(declare-const out Int)
(declare-const taps Int)
(declare-const down Int)
(declare-const dilation Int)
(declare-const pad Int)
(declare-const o Int)
(declare-const i Int)
(declare-const j Int)
(declare-const k Int)
(declare-const l Int)
(declare-const w_k Int)
(declare-const w_l Int)

(define-fun tap ((o Int) (i Int) (k Int)) Bool
  (and (<= 0 i) (< i in) (<= 0 o) (< o out) (<= 0 k) (< k taps)
       (= i (- (+ (* down o) (* dilation k)) pad))))

(define-fun extent () Int (+ (* dilation (- taps 1)) 1))
(define-fun identity () Bool (and (= (* w_k w_k) 1) (= (* w_l w_l) 1) (= (* w_k w_l) 0)))

(assert (and (>= in 1) (>= out 1) (>= taps 1) (>= down 1) (>= dilation 1)))
(assert (= out 1))
; The filter fits into the image, and no window lies in the padding alone.
(assert (<= extent in))
(assert (and (<= 0 pad) (< pad extent)))
; Two taps of the one window, both in the image.
(assert (and (tap o i k) (tap o j l) (< k l)))

; The hypotheses can be true together.
(push 1)
(set-info :status sat)
(check-sat)
(pop 1)

; And no weights do.
(push 1)
(set-info :goal "no weights make it the identity")
(assert identity)
(set-info :status unsat)
(check-sat)
(pop 1)

; Some weights, all of them positive.
(push 1)
(assert (and (>= w_k 1) (>= w_l 1)))
(assert (not identity))
(set-info :status sat)
(check-sat)
(get-value (in out taps down dilation pad k l w_k w_l))
(pop 1)
