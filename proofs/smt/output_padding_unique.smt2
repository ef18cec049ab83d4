; output_padding_unique: only one output_padding leads back to an image's size.
;
; output_padding adds pixels one by one, so two different values give two different sizes. That is why storing the image
; size `in` (as fsconv does), or output_padding (as PyTorch does), says the same thing, and why the image side of a
; geometry is never ambiguous once one of them is known: the size decides which of the stride many images it is.
;
; More: whatever code size somebody claims, an image size and a *legal* output_padding determine it. One image cannot be
; the transposed size of two codes.
;
; Try it: stride 3, extent 3, no pads, in = 7: out = 2 with output_padding 1, and there is no other pair; out = 1 would
; need output_padding 4, which is not below the stride.
;
; The proof: two multiples of the stride that differ by less than the stride are equal.
(set-logic QF_NIA)
(set-info :statement "a size `in` is the transposed size for one pair (out, output_padding) only")
(set-info :claims "shape")
(set-info :source "[DV16] relation 14")

(declare-const in Int)
(declare-const down Int)
(declare-const extent Int)      ; dilation*(taps-1) + 1, but any number will do
(declare-const begin Int)
(declare-const end Int)
(declare-const out Int)         ; one pair
(declare-const output_padding Int)
(declare-const out_2 Int)       ; and another
(declare-const output_padding_2 Int)

(define-fun transposed_size ((out Int) (output_padding Int)) Int
  (+ (- (+ (* down (- out 1)) extent) begin end) output_padding))

(assert (>= down 1))
(assert (= in (transposed_size out output_padding)))
(assert (<= 0 output_padding))
(assert (< output_padding down))
(assert (= in (transposed_size out_2 output_padding_2)))

; What products.smt2 proves about multiples: those of `down` lie at least `down` apart. Asserted where a goal needs it.
(define-fun apart ((n Int)) Bool
  (=> (and (< (- down) (* down n)) (< (* down n) down)) (= n 0)))

; 7 = 3*(2-1) + 3 + 1 = 3*(1-1) + 3 + 4
(push 1)
(assert (= down extent 3))
(assert (= in 7))
(assert (= begin end 0))
(assert (distinct out out_2))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "for one code size the output_padding is unique")
(assert (= out out_2))
(assert (not (= output_padding output_padding_2)))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "among the legal ones the code size is unique, too")
(assert (<= 0 output_padding_2))
(assert (< output_padding_2 down))
(assert (apart (- out out_2)))
(assert (not (= out out_2)))
(set-info :status unsat)
(check-sat)
(pop 1)
