; natural_size: stride*(out-1) + extent is the smallest image whose code has `out` pixels.
;
; The natural size of a transposed convolution is what its windows cover when nothing is cut off: the first begins at 0,
; the last at down*(out-1), and that one ends extent pixels later. Seen from conv it is the smallest image with room for
; `out` windows: one pixel less, and there is room for one window less.
;
; Try it: out = 3, taps = 3, stride 2: natural size 2*2 + 3 = 7. conv maps 7 pixels to 3, and 6 pixels to 2.
;
; Both pads are cut from the natural size, one in front and one behind, and both may be negative. So the transposed
; convolution of a conv with pads begin and end has down*(out-1) + extent - begin - end pixels ([DV16] relation 13).
(set-logic QF_NIA)
(set-info :statement "stride*(out-1) + extent - begin - end is the smallest image with `out` windows")
(set-info :claims "shape")
(set-info :source "[DV16] relations 12 and 13")

(declare-const out Int)
(declare-const down Int)
(declare-const extent Int)      ; dilation*(taps-1) + 1, but any number will do
(declare-const begin Int)
(declare-const end Int)
(declare-const smallest Int)
(declare-const smaller Int)     ; any smaller image
(declare-const quotient Int)
(declare-const remainder Int)

(assert (>= down 1))
(assert (= smallest (- (+ (* down (- out 1)) extent) begin end)))

(define-fun code_size ((in Int)) Int (+ (div (- (+ in begin end) extent) down) 1))

; What products.smt2 proves about multiples: those of `down` lie at least `down` apart. Asserted where a goal needs it.
(define-fun apart ((n Int)) Bool
  (=> (and (< (- down) (* down n)) (< (* down n) down)) (= n 0)))

(push 1)
(assert (= out 3))
(assert (= extent 3))
(assert (= down 2))
(assert (= begin 1))
(assert (= end 0))
(assert (= smallest 6))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "its code has `out` pixels")
(assert (not (= (code_size smallest) out)))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "a code of a smaller image has fewer")
(assert (< smaller smallest))
(assert (not (< (code_size smaller) out)))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "one pixel less costs exactly one window")
(assert (apart (- (code_size (- smallest 1)) (- out 1))))
(assert (not (= (code_size (- smallest 1)) (- out 1))))
(set-info :status unsat)
(check-sat)
(pop 1)

; The second with quotient and remainder; first that they can be named. Suppose there were as many windows as before:
; then down*(windows - out) would not be negative (signs, products.smt2), and `smaller` not smaller.
(push 1)
(assert (< smaller smallest))
(assert (= (- (+ smaller begin end) extent) (+ (* down quotient) remainder)))
(assert (<= 0 remainder))
(assert (< remainder down))
(assert (> down 1))
(assert (>= quotient 0))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "a code of a smaller image has fewer (quotient and remainder)")
(assert (< smaller smallest))
(assert (= (- (+ smaller begin end) extent) (+ (* down quotient) remainder)))
(assert (<= 0 remainder))
(assert (< remainder down))
(assert (=> (>= (- (+ quotient 1) out) 0) (>= (* down (- (+ quotient 1) out)) 0)))
(assert (>= (+ quotient 1) out))
(set-info :status unsat)
(check-sat)
(pop 1)
