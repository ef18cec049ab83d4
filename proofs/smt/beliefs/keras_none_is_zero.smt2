; keras_none_is_zero: leaving Keras' output_padding out is the same as output_padding=0.
;
; "The default is None, so nothing is added, as with 0."  In Keras None means: return to stride*code. A number, 0
; included, means: return to stride*(code-1) + (taps mod 2) + output_padding. These are two different layers, in size
; and, because the padding follows the size, in where the values lie.
; Where one meets it: keras#9883.
; True instead: for odd kernels output_padding = stride - 1 is the same as None; for even kernels no number is.
(set-logic QF_NIA)
(set-info :belief "in Keras, output_padding=None is output_padding=0")
(set-info :source "keras#9883")

(declare-const out Int)
(declare-const taps Int)
(declare-const down Int)

(define-fun size_of_none () Int (* down out))
(define-fun size_of_zero () Int (+ (* down (- out 1)) (mod taps 2)))

(assert (and (>= out 1) (>= taps 1) (>= down 1)))
(assert (>= size_of_zero 1))

; The hypotheses can be true together, and with stride 1 and an odd kernel the belief is right.
(push 1)
(assert (= size_of_none size_of_zero))
(set-info :status sat)
(check-sat)
(pop 1)

; The two sizes differ in a layer that enlarges and whose windows overlap.
(push 1)
(assert (and (>= down 2) (> taps down)))
(assert (not (= size_of_none size_of_zero)))
(set-info :status sat)
(check-sat)
(get-value (out taps down))
(pop 1)
