; zero_insertion_pads_p: around the inserted zeros, the padding of the convolution.
;
; "The convolution padded its image by p, so its transpose pads the stretched code by p."  Padding changes its meaning
; on the way back: what conv put around the image, conv_transpose cuts off. As a convolution, the transpose pads the
; more the less the convolution did: dilation*(taps-1) - p. Both numbers are equal only where 2p = dilation*(taps-1),
; and that is the padding most people use (k3 p1, k5 p2), which is why the mistake survives its tests.
; Where one meets it: JAX's explicit pads are those of the stretched code, PyTorch's those of the convolution.
; True instead: p' = k-p-1, [DV16] relations 9 and 13; with dilation p' = dilation*(taps-1) - p.
(set-logic QF_NIA)
(set-info :belief "zero insertion pads the code by as much as the convolution padded the image")
(set-info :source "[DV16] relation 13")

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
; The filter is reversed as it should be: weight w[k] is read at position i + dilation*(taps-1-k). Only the zeros before
; the code are pad instead of dilation*(taps-1) - pad.
(define-fun believed ((o Int) (i Int) (k Int)) Bool
  (and (<= 0 i) (< i in) (<= 0 o) (< o out) (<= 0 k) (< k taps)
       (= (+ i (* dilation (- taps 1 k))) (+ (* down o) pad))))

(assert (and (>= in 1) (>= out 1) (>= taps 1) (>= down 1) (>= dilation 1)))
; The filter fits into the image, and no window lies in the padding alone.
(assert (<= extent in))
(assert (and (<= 0 pad) (< pad extent)))

; The hypotheses can be true together, and where 2*pad is dilation*(taps-1) the belief is right.
(push 1)
(assert (and (>= taps 2) (tap o i k) (believed o i k)))
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
