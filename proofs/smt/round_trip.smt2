; round_trip: the code of a transposed convolution's result is as large as the code one started with.
;
; Decode, then encode: does the shape come back? transposed_size = natural size - begin - end + output_padding, and then
; conv rounds down. Rounding down forgets up to stride-1 pixels and not one more, so every output_padding in 0 ..
; stride-1 comes back and no other can. This is the sentence behind every autoencoder whose decoder mirrors its encoder.
;
; Try it: out = 2, taps = 3, stride 2, no pads: natural size 5. output_padding 0 gives 5, code (5-3)/2+1 = 2.
; output_padding 1 gives 6, code floor(3/2)+1 = 2. output_padding 2 gives 7 and a code of 3: not the way back.
;
; The proof: what is divided is stride*(out-1) + output_padding, so output_padding is its remainder.
(set-logic QF_NIA)
(set-info :statement "code_size(transposed_size(out, output_padding)) = out iff 0 <= output_padding < stride")
(set-info :claims "shape")
(set-info :source "[DV16] relation 14")

(declare-const in Int)
(declare-const out Int)
(declare-const down Int)
(declare-const extent Int)      ; dilation*(taps-1) + 1, but any number will do
(declare-const begin Int)       ; pads of either sign, not necessarily alike
(declare-const end Int)
(declare-const output_padding Int)
(declare-const quotient Int)    ; of the division in code_size: the second formulation
(declare-const remainder Int)

(assert (>= down 1))
(assert (= in (+ (- (+ (* down (- out 1)) extent) begin end) output_padding)))
(assert (= (- (+ in begin end) extent) (+ (* down quotient) remainder)))
(assert (<= 0 remainder))
(assert (< remainder down))

(define-fun code_size () Int (+ (div (- (+ in begin end) extent) down) 1))
(define-fun legal () Bool (and (<= 0 output_padding) (< output_padding down)))

; What products.smt2 proves about multiples: those of `down` lie at least `down` apart. Asserted where a goal needs it.
(define-fun apart ((n Int)) Bool
  (=> (and (< (- down) (* down n)) (< (* down n) down)) (= n 0)))

; 6 = 5 + 1 as above, with pads on top.
(push 1)
(assert (= out 2))
(assert (= down 2))
(assert (= extent 3))
(assert (= output_padding 1))
(assert (> begin 0))
(assert (< end 0))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "a legal output_padding comes back")
(assert legal)
(assert (apart (- code_size out)))
(assert (not (= code_size out)))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "no other does")
(assert (not legal))
(assert (= code_size out))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "a legal output_padding comes back (quotient and remainder)")
(assert legal)
(assert (apart (- (+ quotient 1) out)))
(assert (not (= (+ quotient 1) out)))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "no other does (quotient and remainder)")
(assert (not legal))
(assert (= (+ quotient 1) out))
(set-info :status unsat)
(check-sat)
(pop 1)
