; native_sizes: fsconv's own words admit every image with the right code, for any stride and any padding.
;
; Without another system's habits the rule is short (conv_transpose in conventions/native.cpp): a named size must
; have the code size; if none is named, it is the smallest such size plus output_padding, and output_padding must be
; smaller than the number of such sizes. For an integer stride that is [DV16] relation 14. For a stride such as 3/2 it
; is the same rule, though the number of sizes is now 1 or 2; and for 1/2 there may be none, which is an error and not
; a guess. Under SAME the largest is taken, floor(down*out/up).
;
; To prove: what is chosen leads back. Sizes below 1 are never chosen; the clamp can only shorten the list.
;
; Try it: stride 3/2 (down = 3, up = 2), taps = 1, no pads, out = 3: conv sees 2*(in-1)+1 cells, and in = 4 gives
; floor(6/3)+1 = 3; in = 5: floor(8/3)+1 = 3. Smallest 4, output_padding 0 or 1. For out = 4 it is 6 alone.
(set-logic QF_NIA)
(set-info :statement "native: smallest legal size + output_padding comes back, for any rational stride")
(set-info :claims "shape")
(set-info :source "[DV16] relation 14")

(declare-const in Int)
(declare-const out Int)
(declare-const down Int)
(declare-const up Int)
(declare-const extent Int)          ; dilation*(taps-1) + 1
(declare-const begin Int)
(declare-const end Int)
(declare-const output_padding Int)
(declare-const quotient Int)        ; of the division in code_size
(declare-const remainder Int)
(declare-const code Int)            ; ceil(up*in / down)
(declare-const surplus Int)

(define-fun max ((a Int) (b Int)) Int (ite (> a b) a b))
(define-fun ceil_by_up ((value Int)) Int (- (div (- value) up)))
(define-fun c () Int (- (+ 1 begin end) extent))
(define-fun smallest () Int (max (+ (ceil_by_up (- (* down (- out 1)) c)) 1) 1))    ; image_sizes of geometry/axis.cpp
(define-fun largest () Int (ceil_by_up (- (* down out) c)))
(define-fun same_smallest () Int (+ (div (* down (- out 1)) up) 1))                 ; same_image_sizes
(define-fun same_largest () Int (div (* down out) up))

(assert (>= down 1))
(assert (>= up 1))
(assert (= (- (+ (* up (- in 1)) 1 begin end) extent) (+ (* down quotient) remainder)))
(assert (<= 0 remainder))
(assert (< remainder down))
(assert (= (* down code) (+ (* up in) surplus)))
(assert (<= 0 surplus))
(assert (< surplus down))

; What products.smt2 proves about multiples: those of `down` lie at least `down` apart. Asserted where a goal needs it.
(define-fun apart ((n Int)) Bool
  (=> (and (< (- down) (* down n)) (< (* down n) down)) (= n 0)))

; The example, in = 5.
(push 1)
(assert (= down 3))
(assert (= up 2))
(assert (= extent 1))
(assert (= begin end 0))
(assert (= out 3))
(assert (= smallest 4))
(assert (= largest 5))
(assert (= output_padding 1))
(assert (= in (+ smallest output_padding)))
(assert (= quotient 2))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "not fewer than `out` windows fit into smallest + output_padding")
(assert (= in (+ smallest output_padding)))
(assert (<= 0 output_padding))
(assert (not (<= out (+ quotient 1))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "nor more, as long as output_padding is smaller than the number of sizes")
(assert (= in (+ smallest output_padding)))
(assert (< output_padding (+ (- largest smallest) 1)))
(assert (=> (>= (- largest in) 0) (>= (* up (- largest in)) 0)))    ; signs, products.smt2
(assert (=> (>= (- quotient out) 0) (>= (* down (- quotient out)) 0)))
(assert (not (<= (+ quotient 1) out)))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "the chosen size is an image: at least 1 pixel")
(assert (= in (+ smallest output_padding)))
(assert (<= 0 output_padding))
(assert (not (>= in 1)))
(set-info :status unsat)
(check-sat)
(pop 1)

; SAME: first with a size for an odd code under stride 3/2.
(push 1)
(assert (= down 3))
(assert (= up 2))
(assert (= out 3))
(assert (<= same_smallest same_largest))
(assert (= in same_largest))
(assert (= code out))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "SAME: the largest size has a code of `out`, if there is any")
(assert (<= same_smallest same_largest))
(assert (= in same_largest))
(assert (apart (- code out)))
(assert (not (= code out)))
(set-info :status unsat)
(check-sat)
(pop 1)
