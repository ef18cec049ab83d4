; composition: two convolutions in a row are one, with the product of their strides.
;
; An encoder is a chain of convolutions. If layer 1 takes image pixel i to hidden pixel h and layer 2 takes h to code
; pixel o, then h can be eliminated:
;
;     i = down_1*h + dilation_1*k_1 - pad_1        h = down_2*o + dilation_2*k_2 - pad_2
;     i = (down_1*down_2)*o + (dilation_1*k_1 + down_1*dilation_2*k_2) - (pad_1 + down_1*pad_2)
;
; One equation of a tap: the strides multiply, the second filter is dilated by the first stride, and so is its pad. The
; transposed chain has the same equation read backwards, so a decoder is one transposed convolution in the same sense.
;
; One condition remains, and it is often forgotten: h must be a pixel. If layer 2 pads, some of its taps fall on zeros
; beside the hidden layer, while the single convolution would read real image pixels there: near the border the two
; differ. Without padding in layer 2 every h is a pixel, and they are equal.
;
; Try it: strides 2 and 3, pads 0, k_1 = 1, k_2 = 2, o = 4: h = 14, i = 29 = 6*4 + (1 + 2*2).
;
; With rational strides it holds, too: multiply the first equation by up_2 and the second by down_1, and add.
(set-logic QF_NIA)
(set-info :statement "two layers are one: stride s1*s2, pad p1+s1*p2, filter 2 dilated by s1 (unpadded layer 2)")
(set-info :claims "shape")

(declare-const taps_2 Int)
(declare-const down_1 Int)
(declare-const down_2 Int)
(declare-const up_1 Int)
(declare-const up_2 Int)
(declare-const dilation_1 Int)
(declare-const dilation_2 Int)
(declare-const pad_1 Int)
(declare-const pad_2 Int)
(declare-const hidden Int)      ; pixels of the layer between
(declare-const out Int)
(declare-const i Int)
(declare-const h Int)
(declare-const o Int)
(declare-const k_1 Int)
(declare-const k_2 Int)
(declare-const quotient Int)    ; of the division in the code size of layer 2
(declare-const remainder Int)

(define-fun first_layer () Bool (= (* up_1 i) (- (+ (* down_1 h) (* dilation_1 k_1)) pad_1)))
(define-fun second_layer () Bool (= (* up_2 h) (- (+ (* down_2 o) (* dilation_2 k_2)) pad_2)))
(define-fun one_layer () Bool
  (= (* up_1 up_2 i) (- (+ (* down_1 down_2 o) (* up_2 dilation_1 k_1) (* down_1 dilation_2 k_2))
                        (+ (* up_2 pad_1) (* down_1 pad_2)))))

(define-fun unpadded_second () Bool (and (= up_2 1) (= pad_2 0)))

; The example.
(push 1)
(assert (= up_1 up_2 1))
(assert (= down_1 2))
(assert (= down_2 3))
(assert (= dilation_1 dilation_2 1))
(assert (= pad_1 pad_2 0))
(assert (= o 4))
(assert (= h 14))
(assert (= i 29))
(assert first_layer)
(assert second_layer)
(set-info :status sat)
(check-sat)
(pop 1)

; The two assertions are the two equations, multiplied on both sides.
(push 1)
(set-info :goal "a path through both layers solves the one equation (any strides)")
(assert (= (* up_2 (* up_1 i)) (* up_2 (- (+ (* down_1 h) (* dilation_1 k_1)) pad_1))))
(assert (= (* down_1 (* up_2 h)) (* down_1 (- (+ (* down_2 o) (* dilation_2 k_2)) pad_2))))
(assert (not one_layer))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "and with up_2 = 1 every solution is such a path: through this h")
(define-fun through () Int (- (+ (* down_2 o) (* dilation_2 k_2)) pad_2))
(assert (= up_2 1))
(assert one_layer)
(assert (not (= (* up_1 i) (- (+ (* down_1 through) (* dilation_1 k_1)) pad_1))))
(set-info :status unsat)
(check-sat)
(pop 1)

; Which h are pixels. The code size of layer 2 without padding, with its quotient; first that this is possible.
(push 1)
(assert unpadded_second)
(assert second_layer)
(assert (= (- hidden (* dilation_2 (- taps_2 1)) 1) (+ (* down_2 quotient) remainder)))
(assert (<= 0 remainder))
(assert (< remainder down_2))
(assert (= out (+ quotient 1)))
(assert (<= 0 o))
(assert (< o out))
(assert (<= 0 k_2))
(assert (< k_2 taps_2))
(assert (> o 0))
(assert (> k_2 0))
(assert (> down_2 1))
(assert (> dilation_2 1))
(set-info :status sat)
(check-sat)
(pop 1)

; The four products have no negative factor (signs, products.smt2).
(push 1)
(set-info :goal "layer 2 unpadded: the h of every o and k_2 in range is a pixel of the hidden layer")
(assert unpadded_second)
(assert second_layer)
(assert (>= down_2 1))
(assert (>= dilation_2 1))
(assert (= (- hidden (* dilation_2 (- taps_2 1)) 1) (+ (* down_2 quotient) remainder)))
(assert (<= 0 remainder))
(assert (< remainder down_2))
(assert (= out (+ quotient 1)))
(assert (<= 0 o))
(assert (< o out))
(assert (<= 0 k_2))
(assert (< k_2 taps_2))
(assert (>= (* down_2 o) 0))
(assert (>= (* down_2 (- quotient o)) 0))
(assert (>= (* dilation_2 k_2) 0))
(assert (>= (* dilation_2 (- (- taps_2 1) k_2)) 0))
(assert (not (and (<= 0 h) (< h hidden))))
(set-info :status unsat)
(check-sat)
(pop 1)
