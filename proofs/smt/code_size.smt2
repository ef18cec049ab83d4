; code_size: the formula floor((padded - extent)/down) + 1 counts exactly the windows that fit.
;
; A window is what one code pixel sees: taps pixels, dilation apart, which span extent = dilation*(taps-1)+1 pixels. The
; window of code pixel o begins at down*o. The image is `stretched` pixels long: up*(in-1)+1 with its up-1 zeros between
; pixels (so `in` for an integer stride), and 0 if it has no pixel; and `begin` and `end` more with its padding; a
; negative padding crops. How many windows fit? Those with  down*o + extent <= padded;  the formula that every system uses says how many that are, also when it
; is nobody: then it is 0 or negative.
;
; Try it: in = 5, begin = end = 1, taps = 3, dilation = 1, stride 2. Padded 7; windows begin at 0, 2, 4: (7-3)/2+1 = 3.
;
; The proof: floor(x/down) >= o says down*o <= x. The rest of this file is about what "fits" means, tap by tap, and
; about pad_end(), the padding with which the last window ends exactly at the edge (geometry/axis.cpp and axis.hpp).
(set-logic QF_NIA)
(set-info :statement "floor((stretched + begin + end - extent) / down) + 1 windows fit, for all pads")
(set-info :claims "shape")
(set-info :source "[DV16] relations 6 and 15")

(declare-const in Int)
(declare-const out Int)
(declare-const taps Int)
(declare-const down Int)
(declare-const up Int)
(declare-const dilation Int)
(declare-const begin Int)       ; padding before and behind the image; negative: cropped
(declare-const end Int)
(declare-const extent Int)
(declare-const padded Int)
(declare-const o Int)
(declare-const k Int)
(declare-const quotient Int)    ; (padded - extent) divided by down, the second formulation
(declare-const remainder Int)

(define-fun stretched () Int (ite (= in 0) 0 (+ (* up (- in 1)) 1)))    ; geometry/axis.hpp

(assert (>= down 1))            ; the divisor
(assert (>= dilation 1))        ; so that the last tap is the farthest
(assert (= extent (+ (* dilation (- taps 1)) 1)))
(assert (>= in 0))
(assert (>= out 1))
(assert (= padded (+ stretched begin end)))
(assert (= (- padded extent) (+ (* down quotient) remainder)))
(assert (<= 0 remainder))
(assert (< remainder down))

(define-fun code_size () Int (+ (div (- padded extent) down) 1))
(define-fun fits () Bool (<= (+ (* down o) extent) padded))

; Three windows, asymmetric pads, one of them a crop, and a pixel behind that no window reads.
(push 1)
(assert (= code_size 3))
(assert (> taps 1))
(assert (> begin 0))
(assert (< end 0))
(assert (> up 1))
(assert (> remainder 0))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "window o fits exactly where o < code_size")
(assert (not (= fits (< o code_size))))
(set-info :status unsat)
(check-sat)
(pop 1)

; The same with the quotient in place of the division.
(push 1)
(set-info :goal "window o fits exactly where o < quotient + 1")
(assert (not (= fits (< o (+ quotient 1)))))
(set-info :status unsat)
(check-sat)
(pop 1)

; What it means to fit: the farthest tap lies inside ...
(push 1)
(set-info :goal "window o fits exactly where its last tap lies inside")
(assert (not (= fits (< (+ (* down o) (* dilation (- taps 1))) padded))))
(set-info :status unsat)
(check-sat)
(pop 1)

; ... and with it all others. The three products asserted have no negative factor (signs, products.smt2).
(push 1)
(set-info :goal "every tap of a window that fits lies inside the padded image")
(assert (<= 0 o))
(assert fits)
(assert (<= 0 k))
(assert (< k taps))
(assert (>= (* down o) 0))
(assert (>= (* dilation k) 0))
(assert (>= (* dilation (- (- taps 1) k)) 0))
(assert (not (and (<= 0 (+ (* down o) (* dilation k)))
                  (< (+ (* down o) (* dilation k)) padded))))
(set-info :status unsat)
(check-sat)
(pop 1)

; pad_end(): with this padding behind, and none less, the last window ends exactly at the edge.
(push 1)
(set-info :goal "pad_end() as padding behind gives back `out` and leaves no pixel over")
(assert (= end (- (+ (* down (- out 1)) extent) begin stretched)))
(assert (not (and (= quotient (- out 1)) (= remainder 0))))
(set-info :status unsat)
(check-sat)
(pop 1)
