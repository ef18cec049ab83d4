; products: the four things that the other proofs know about products of integers.
;
; Every statement here has a product of unknowns in it (stride times position, dilation times tap), and no procedure
; can exist that decides all such statements (Matiyasevich 1970). Most go through nevertheless; where one does not, it
; is given the step that a person would write down. The steps are always the same four, proved here for all numbers:
;
;   signs        two numbers that are not negative have a product that is not negative
;   cancelling   g*x = g*y with g >= 1 gives x = y
;   multiples    g*x strictly between -g and g is 0, and so is x: multiples of g lie at least g apart
;   Bezout       p and q have no common factor, written as a*p + b*q = 1. If p*x = q*y, then x is q times something
;                and y is p times the same: x = q*n, y = p*n with n = a*y + b*x
;
; Try the last: p = 2, q = 3 and a = -1, b = 1. 2*x = 3*y has x = 6, y = 4: n = -4 + 6 = 2, and 6 = 3*2, 4 = 2*2.
;
; The proof of Bezout's step: multiply a*p + b*q = 1 by x, put q*y for p*x, and see q in every term.
(set-logic QF_NIA)
(set-info :statement "signs, cancelling, distance of multiples, and Bezout: p*x = q*y gives x = q*n, y = p*n")
(set-info :claims "matrix transpose fractional gradient adjoint weight-gradient shape rational sub-pixel overlap")

(declare-const g Int)
(declare-const x Int)
(declare-const y Int)
(declare-const p Int)
(declare-const q Int)
(declare-const a Int)
(declare-const b Int)

(define-fun n () Int (+ (* a y) (* b x)))

; 2*6 = 3*4, and -1*2 + 1*3 = 1.
(push 1)
(assert (= p 2))
(assert (= q 3))
(assert (= (+ (* a p) (* b q)) 1))
(assert (= (* p x) (* q y)))
(assert (= x 6))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "signs: x, y >= 0 gives x*y >= 0")
(assert (>= x 0))
(assert (>= y 0))
(assert (not (>= (* x y) 0)))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "cancelling: g >= 1 and g*x = g*y gives x = y")
(assert (>= g 1))
(assert (= (* g x) (* g y)))
(assert (not (= x y)))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "multiples: -g < g*x < g gives x = 0")
(assert (< (- g) (* g x)))
(assert (< (* g x) g))
(assert (not (= x 0)))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "Bezout, first step: the identity times x, and times y")
(assert (= (+ (* a p) (* b q)) 1))
(assert (not (and (= (* x (+ (* a p) (* b q))) x)
                  (= (* y (+ (* a p) (* b q))) y))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "Bezout, second step: x = q*n")
(assert (= (* x (+ (* a p) (* b q))) x))            ; the first step
(assert (= (* a (* p x)) (* a (* q y))))            ; p*x = q*y, times a
(assert (not (= x (* q n))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "Bezout, third step: y = p*n")
(assert (= (* y (+ (* a p) (* b q))) y))            ; the first step
(assert (= (* b (* p x)) (* b (* q y))))            ; p*x = q*y, times b
(assert (not (= y (* p n))))
(set-info :status unsat)
(check-sat)
(pop 1)
