; output_padding_exists: for every image there is an output_padding that leads from its code back to its size.
;
; The other direction of round_trip.smt2. Encode, then decode: an image of any size has a code, and some output_padding
; in 0 .. stride-1 makes the transposed convolution return to exactly that size: the remainder that code_size threw
; away. So a decoder can always mirror its encoder, if somebody remembers one small number per layer (or the size).
;
; Try it: in = 28, taps = 3, stride 2, pads 1 and 1. (28+2-3)/2 = 27/2: code 13+1 = 14, remainder 1. output_padding = 1
; leads back: 2*13 + 3 - 2 + 1 = 28. The remainder is of in+begin+end-extent: in mod stride is 0 here, and wrong.
;
; The proof is the definition of a remainder.
(set-logic QF_NIA)
(set-info :statement "output_padding = (in + begin + end - extent) mod stride leads back to `in`")
(set-info :claims "shape")
(set-info :source "[DV16] relation 14")

(declare-const in Int)
(declare-const out Int)
(declare-const down Int)
(declare-const extent Int)      ; dilation*(taps-1) + 1, but any number will do
(declare-const begin Int)
(declare-const end Int)
(declare-const output_padding Int)

(assert (>= down 1))
(assert (= out (+ (div (- (+ in begin end) extent) down) 1)))
(assert (= output_padding (mod (- (+ in begin end) extent) down)))

(push 1)
(assert (= in 28))
(assert (= down 2))
(assert (= extent 3))
(assert (= begin end 1))
(assert (= out 14))
(assert (= output_padding 1))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "it is legal, and the transposed size is the image's")
(assert (not (and (<= 0 output_padding) (< output_padding down)
                  (= in (+ (- (+ (* down (- out 1)) extent) begin end) output_padding)))))
(set-info :status unsat)
(check-sat)
(pop 1)
