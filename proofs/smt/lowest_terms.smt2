; lowest_terms: a stride whose numbers have a common factor is one in lowest terms, with a part of the filter.
;
; Stride 4/2 is not stride 2: a zero stands between two pixels, and half of the taps meet nothing else. Which taps meet
; pixels? Let down = g*down_step and up = g*up_step. Then g divides up*i - down*o, and so dilation*k - pad must be a
; multiple of g. With spread = gcd(g, dilation), g = spread*step, dilation = spread*dense:
;
;     no tap at all unless spread divides pad; otherwise every step-th one,
;     k = first_tap + step*t,      t = 0, 1, 2, ...      dense*first_tap = pad/spread modulo step,
;
; and along t they are the taps of an axis with the stride down_step/up_step:
;
;     up*i = down*o + dilation*k - pad    exactly where    up_step*i = down_step*o + dense*t - rest.
;
; So whatever is said of a stride in lowest terms (even_overlap.smt2: the stride must divide the taps) is said of the
; others, too, if only the taps are counted that meet pixels (meeting_taps in verify/claims_size.cpp).
;
; Try it: stride 2/2, pad 1, dilation 1: g = step = 2, taps 1, 3, 5, ... of the filter, rest 0: stride 1, without padding.
; With dilation 2 and pad 1: spread = 2 does not divide 1, and W is zero.
(set-logic QF_NIA)
(set-info :statement "a common factor g of the stride keeps every (g/gcd(g, dilation))-th tap, in lowest terms")
(set-info :claims "overlap")

(declare-const pad Int)
(declare-const o Int)
(declare-const i Int)
(declare-const k Int)
(declare-const t Int)

(declare-const down_step Int)
(declare-const up_step Int)
(declare-const spread Int)      ; the greatest common factor of g and dilation
(declare-const step Int)
(declare-const dense Int)
(declare-const inverse Int)     ; of dense modulo step
(declare-const b Int)
(define-fun g () Int (* spread step))
(define-fun dilation () Int (* spread dense))
(define-fun down () Int (* g down_step))
(define-fun up () Int (* g up_step))

(declare-const whole Int)       ; pad = spread*whole
(declare-const first_tap Int)
(declare-const rest Int)        ; the padding of the axis in lowest terms

(assert (>= spread 1))
(assert (>= step 1))
(assert (= (+ (* inverse dense) (* b step)) 1)) ; dense and step have no common factor

; Stride 2/2 with pad 1: tap 3 of the filter is tap t = 1.
(push 1)
(assert (= spread dense 1))
(assert (= step 2))
(assert (= down_step up_step 1))
(assert (= pad whole 1))
(assert (= first_tap 1))
(assert (= (* dense first_tap) (- whole (* step rest))))
(assert (= k (+ first_tap (* step t)) 3))
(assert (= (* up i) (- (+ (* down o) (* dilation k)) pad)))
(assert (> o 0))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "where there is a tap, spread divides pad")
(assert (= (* up i) (- (+ (* down o) (* dilation k)) pad)))
(assert (not (= pad (* spread (+ (* dense k) (* step (- (* down_step o) (* up_step i))))))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "every t gives a tap where the axis in lowest terms has one, times g ...")
(assert (= pad (* spread whole)))
(assert (= (* dense first_tap) (- whole (* step rest))))
(assert (= k (+ first_tap (* step t))))
(assert (= (* spread (* dense first_tap)) (* spread (- whole (* step rest)))))  ; the definition, times spread
(assert (not (= (- (* up i) (- (+ (* down o) (* dilation k)) pad))
                (* g (- (* up_step i) (- (+ (* down_step o) (* dense t)) rest))))))
(set-info :status unsat)
(check-sat)
(pop 1)

; ... and g is not 0. The other way: that every tap is one of them.
(push 1)
(set-info :goal "a tap has dense*(k - first_tap) = step*y, times spread")
(define-fun y () Int (- (* up_step i) (* down_step o) (- rest)))
(assert (= pad (* spread whole)))
(assert (= (* up i) (- (+ (* down o) (* dilation k)) pad)))
(assert (= (* spread (* dense first_tap)) (* spread (- whole (* step rest)))))
(assert (not (= (* spread (* dense (- k first_tap))) (* spread (* step y)))))
(set-info :status unsat)
(check-sat)
(pop 1)

; Cancelled, Bezout's step of products.smt2 with p = dense, q = step, x = k - first_tap.
(push 1)
(set-info :goal "so it is k = first_tap + step*t for some t, and up_step*i = down_step*o + dense*t - rest")
(define-fun y () Int (- (* up_step i) (* down_step o) (- rest)))
(define-fun x () Int (- k first_tap))
(define-fun n () Int (+ (* inverse y) (* b x)))
(assert (= (* dense x) (* step y)))
(assert (=> (and (= (+ (* inverse dense) (* b step)) 1) (= (* dense x) (* step y)))
            (and (= x (* step n)) (= y (* dense n)))))
(assert (not (and (= k (+ first_tap (* step n)))
                  (= (* up_step i) (- (+ (* down_step o) (* dense n)) rest)))))
(set-info :status unsat)
(check-sat)
(pop 1)
