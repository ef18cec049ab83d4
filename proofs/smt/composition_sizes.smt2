; composition_sizes: the sizes of two layers are those of the one layer that they are.
;
; Rounding down twice is rounding down once: floor(floor(x/s1)/s2) = floor(x/(s1*s2)). So a chain of convolutions has
; the code size of the single convolution of composition.smt2: stride s1*s2, the extent extent_1 + s1*(extent_2 - 1),
; which is called the receptive field, and the padding of both layers, the second counted in steps of the first.
;
; And back: if the chain of transposed convolutions is given the output_paddings r_1 and r_2 that its layers lost, then
; together they are the remainder s1*r_2 + r_1 of the one layer, again below its stride s1*s2.
;
; Try it: in = 29, strides 2 and 3, extents 3 and 3, no pads. 29 -> floor(26/2)+1 = 14 -> floor(11/3)+1 = 4. At once:
; extent 3 + 2*2 = 7, stride 6: floor(22/6)+1 = 4. Remainders 0 and 2: 2*2 + 0 = 4 = 22 - 6*3.
;
; Padding of layer 2 is allowed here: sizes agree even where values at the border do not.
(set-logic QF_NIA)
(set-info :statement "sizes of two layers: those of stride s1*s2 and extent e1 + s1*(e2-1); remainders add up")
(set-info :claims "shape")

(declare-const in Int)
(declare-const hidden Int)
(declare-const out Int)
(declare-const down_1 Int)
(declare-const down_2 Int)
(declare-const extent_1 Int)
(declare-const extent_2 Int)
(declare-const padding_1 Int)   ; begin + end, of either sign
(declare-const padding_2 Int)
(declare-const remainder_1 Int)
(declare-const remainder_2 Int)

(define-fun extent () Int (+ extent_1 (* down_1 (- extent_2 1))))
(define-fun padding () Int (+ padding_1 (* down_1 padding_2)))
(define-fun remainder () Int (+ (* down_1 remainder_2) remainder_1))

(assert (>= down_1 1))
(assert (>= down_2 1))
(assert (= (- (+ in padding_1) extent_1) (+ (* down_1 (- hidden 1)) remainder_1)))
(assert (<= 0 remainder_1))
(assert (< remainder_1 down_1))
(assert (= (- (+ hidden padding_2) extent_2) (+ (* down_2 (- out 1)) remainder_2)))
(assert (<= 0 remainder_2))
(assert (< remainder_2 down_2))

; The example.
(push 1)
(assert (= in 29))
(assert (= down_1 2))
(assert (= down_2 3))
(assert (= extent_1 extent_2 3))
(assert (= padding_1 padding_2 0))
(assert (= hidden 14))
(assert (= out 4))
(assert (= remainder 4))
(set-info :status sat)
(check-sat)
(pop 1)

; The assertion is the second division, times down_1.
(push 1)
(set-info :goal "in + padding - extent = (down_1*down_2)*(out-1) + remainder")
(assert (= (* down_1 (- (+ hidden padding_2) extent_2)) (* down_1 (+ (* down_2 (- out 1)) remainder_2))))
(assert (not (= (- (+ in padding) extent) (+ (* down_1 down_2 (- out 1)) remainder))))
(set-info :status unsat)
(check-sat)
(pop 1)

; The products have no negative factor (signs, products.smt2).
(push 1)
(set-info :goal "and this remainder is below the stride down_1*down_2, so `out` is the one layer's code size")
(assert (>= (* down_1 remainder_2) 0))
(assert (>= (* down_1 (- (- down_2 1) remainder_2)) 0))
(assert (not (and (<= 0 remainder) (< remainder (* down_1 down_2)))))
(set-info :status unsat)
(check-sat)
(pop 1)
