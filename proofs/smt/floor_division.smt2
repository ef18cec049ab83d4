; floor_division: the division of C++, the division of SMT-LIB and "quotient and remainder" are one.
;
; Three divisions meet in these proofs. C++ truncates: -7/2 is -3 and -7%2 is -1. SMT-LIB rounds so that the remainder
; is never negative: (div (- 7) 2) is -4 and (mod (- 7) 2) is 1. And many proofs avoid division altogether: they name
; a quotient and a remainder with  value = by*quotient + remainder,  0 <= remainder < by, because products are easier
; to reason about. Sizes are rounded down, so -7/2 must be -4; that is why fsconv calls floor_div, ceil_div and
; positive_mod (base/index.hpp) and not `/`. Here is the proof that these three do what their names say, and that
; the other files may speak of div in one goal and of quotients in the next.
;
; The proof: truncation differs from the floor only where something negative does not divide evenly, and there by 1.
(set-logic QF_NIA)
(set-info :statement "floor_div, ceil_div and positive_mod round as their names say, also below zero")
(set-info :claims "matrix transpose gradient weight-gradient shape")

(declare-const value Int)
(declare-const by Int)
(declare-const truncated Int)   ; value / by in C++
(declare-const rest Int)        ; value % by in C++: it has the sign of value
(declare-const n Int)
(declare-const quotient Int)
(declare-const remainder Int)

(assert (>= by 1))              ; strides and the like
(assert (= value (+ (* by truncated) rest)))
(assert (ite (>= value 0)
             (and (<= 0 rest) (< rest by))
             (and (< (- by) rest) (<= rest 0))))

(define-fun floor_div () Int (- truncated (ite (< rest 0) 1 0)))
(define-fun positive_mod () Int (+ rest (ite (< rest 0) by 0)))

; Truncation and floor can differ: -7/2.
(push 1)
(assert (= value (- 7)))
(assert (= by 2))
(assert (distinct truncated floor_div))
(set-info :status sat)
(check-sat)
(pop 1)

; floor_div(value, by) is the largest n with by*n <= value.
(push 1)
(set-info :goal "n <= floor_div exactly where by*n <= value")
(assert (not (= (<= n floor_div) (<= (* by n) value))))
(set-info :status unsat)
(check-sat)
(pop 1)

; The same for the div of SMT-LIB, which therefore is floor_div.
(push 1)
(set-info :goal "n <= div exactly where by*n <= value")
(assert (not (= (<= n (div value by)) (<= (* by n) value))))
(set-info :status unsat)
(check-sat)
(pop 1)

; ceil_div(value, by) = -floor_div(-value, by) is the smallest n with by*n >= value.
(push 1)
(set-info :goal "n >= ceil_div exactly where by*n >= value")
(assert (not (= (>= n (- (div (- value) by))) (>= (* by n) value))))
(set-info :status unsat)
(check-sat)
(pop 1)

; Quotient and remainder can be named ...
(push 1)
(assert (= value (+ (* by quotient) remainder)))
(assert (<= 0 remainder))
(assert (< remainder by))
(assert (< quotient (- 1)))
(assert (> remainder 1))
(set-info :status sat)
(check-sat)
(pop 1)

; ... and whoever names them has named floor_div and positive_mod: there is only one such pair.
(push 1)
(set-info :goal "the quotient is floor_div")
(assert (= value (+ (* by quotient) remainder)))
(assert (<= 0 remainder))
(assert (< remainder by))
(assert (not (= quotient floor_div)))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "the remainder is positive_mod")
(assert (= value (+ (* by quotient) remainder)))
(assert (<= 0 remainder))
(assert (< remainder by))
(assert (= quotient floor_div))     ; the goal before
(assert (not (= remainder positive_mod)))
(set-info :status unsat)
(check-sat)
(pop 1)
