; dilated_polyphase: the phases of any transposed convolution, with dilation and a rational stride.
;
; Which taps reach the image pixels first, first+down, first+2*down, ...? Those with dilation*k = up*i + pad mod down.
; If stride and dilation have a common factor, some phases have no tap at all; the others have every step-th,
; step = down/common. The recipe of `phases` in forms/polyphase.hpp, for conv_transpose:
;
;     common = gcd(dilation, down)     dense = dilation/common     step = down/common     inverse*dense = 1 mod step
;     residue = (pad + up*first) mod down;     no taps unless common divides it, otherwise
;     first_tap = (residue/common * inverse) mod step     first_source = (up*first + pad - dilation*first_tap) / down
;     k = first_tap + step*j     i = first + down*m       o = first_source + up*m - dense*j
;
; Try it: stride 2, dilation 3, pad 0, up = 1: common = 1, dense = 3, step = 2, inverse = 1. Odd pixels: first = 1,
; residue = 1, first_tap = 1, first_source = (1 - 3)/2 = -1. Pixel i = 7 = 1 + 2*3: j = 0 gives tap 1 of code pixel 2
; (2*2 + 3*1 = 7), j = 1 gives tap 3 of code pixel -1 (out of range, skipped).
;
; The proof, in the order of the goals: residue/common is a whole number wherever there is a tap; first_tap solves the
; congruence, so first_source is a whole number; every j and m solve the equation; and every solution is one of
; them, because common can be cancelled and then Bezout's step of products.smt2 applies.
(set-logic QF_NIA)
(set-info :statement "phases with dilation: taps step = down/gcd apart, none unless the gcd divides the residue")
(set-info :claims "transpose fractional gradient sub-pixel rational overlap checkerboard")
(set-info :source "[SHI16], extended")

(declare-const taps Int)
(declare-const up Int)
(declare-const pad Int)
(declare-const o Int)
(declare-const k Int)
(declare-const first Int)           ; the first image pixel of the phase
(declare-const m Int)               ; image pixel i = first + down*m
(declare-const j Int)

(declare-const common Int)          ; the greatest common factor
(declare-const dense Int)
(declare-const step Int)
(declare-const inverse Int)         ; of dense modulo step
(declare-const b Int)
(define-fun dilation () Int (* common dense))
(define-fun down () Int (* common step))

(declare-const q Int)               ; the quotient that goes with the residue
(declare-const whole Int)           ; residue / common
(declare-const first_tap Int)
(declare-const z Int)               ; the quotient that goes with first_tap
(declare-const first_source Int)
(define-fun residue () Int (- (+ pad (* up first)) (* down q)))

(assert (>= common 1))
(assert (>= step 1))                            ; down >= 1
(assert (= (+ (* inverse dense) (* b step)) 1)) ; dense and step have no common factor
(assert (<= 0 residue))
(assert (< residue down))

; Odd pixels of the example, as far as tap 1 of code pixel 2.
(push 1)
(assert (= common 1))
(assert (= step 2))
(assert (= dense 3))
(assert (= up 1))
(assert (= pad 0))
(assert (= first 1))
(assert (= m 3))
(assert (= residue whole 1))
(assert (= (* whole inverse) (+ (* step z) first_tap)))
(assert (= first_tap 1))
(assert (= first_source (- 1)))
(assert (= (* down first_source) (- (+ (* up first) pad) (* dilation first_tap))))
(assert (= 2 (+ first_source (* up m))))
(set-info :status sat)
(check-sat)
(pop 1)

; A phase of a common factor: stride 4, dilation 6.
(push 1)
(assert (= common 2))
(assert (= step 2))
(assert (= dense 3))
(assert (= up 3))
(assert (= residue (* common whole)))
(assert (> whole 0))
(assert (= (* whole inverse) (+ (* step z) first_tap)))
(assert (<= 0 first_tap))
(assert (< first_tap step))
(assert (= (* down first_source) (- (+ (* up first) pad) (* dilation first_tap))))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "where there is a tap, common divides the residue")
(assert (= (* up (+ first (* down m))) (- (+ (* down o) (* dilation k)) pad)))
(assert (not (= residue (* common (- (+ (* step o) (* dense k)) (* step up m) (* step q))))))
(set-info :status unsat)
(check-sat)
(pop 1)

; The identity times whole, and the definition of first_tap times dense, are products of equal numbers.
(push 1)
(set-info :goal "first_tap solves dense*k = residue/common modulo step")
(assert (= (* whole inverse) (+ (* step z) first_tap)))
(assert (= (* whole (+ (* inverse dense) (* b step))) whole))
(assert (= (* dense (* whole inverse)) (* dense (+ (* step z) first_tap))))
(assert (not (= (* dense first_tap) (- whole (* step (+ (* whole b) (* dense z)))))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "so first_source is a whole number: down divides up*first + pad - dilation*first_tap")
(assert (= residue (* common whole)))
(assert (= (* common (* dense first_tap))                                   ; the goal before, times common
           (* common (- whole (* step (+ (* whole b) (* dense z)))))))
(assert (not (= (- (+ (* up first) pad) (* dilation first_tap))
                (* down (+ q (* whole b) (* dense z))))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "sound: every j and m solve the equation of a tap")
(define-fun k_j () Int (+ first_tap (* step j)))
(define-fun o_j () Int (- (+ first_source (* up m)) (* dense j)))
(assert (= (* down first_source) (- (+ (* up first) pad) (* dilation first_tap))))
(assert (not (= (* up (+ first (* down m))) (- (+ (* down o_j) (* dilation k_j)) pad))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "complete, first half: a tap has step*(o_0 - o) = dense*(k - first_tap), times common")
(assert (= (* down first_source) (- (+ (* up first) pad) (* dilation first_tap))))
(assert (= (* up (+ first (* down m))) (- (+ (* down o) (* dilation k)) pad)))
(assert (not (= (* common (* step (- (+ first_source (* up m)) o)))
                (* common (* dense (- k first_tap))))))
(set-info :status unsat)
(check-sat)
(pop 1)

; Cancelled, this is Bezout's step of products.smt2 with p = dense, q = step, x = k - first_tap, y = o_0 - o, where
; o_0 = first_source + up*m: there is a number n with k - first_tap = step*n and o_0 - o = dense*n. That n is j.
(push 1)
(set-info :goal "complete, second half: k = first_tap + step*j and o = o_0 - dense*j for this j")
(define-fun x () Int (- k first_tap))
(define-fun y () Int (- (+ first_source (* up m)) o))
(define-fun n () Int (+ (* inverse y) (* b x)))
(assert (= (* dense x) (* step y)))
(assert (=> (and (= (+ (* inverse dense) (* b step)) 1) (= (* dense x) (* step y)))
            (and (= x (* step n)) (= y (* dense n)))))
(assert (not (and (= k (+ first_tap (* step n)))
                  (= o (- (+ first_source (* up m)) (* dense n))))))
(set-info :status unsat)
(check-sat)
(pop 1)

; 0 <= first_tap < step, so the taps of the phase are counted by j = 0, 1, ...
(push 1)
(set-info :goal "k is a tap exactly for 0 <= j < (taps-1-first_tap)/step + 1")
(assert (<= 0 first_tap))
(assert (< first_tap step))
(assert (< first_tap taps))         ; otherwise the phase has no tap
(assert (not (= (and (<= 0 (+ first_tap (* step j))) (< (+ first_tap (* step j)) taps))
                (and (<= 0 j) (< j (+ (div (- taps 1 first_tap) step) 1))))))
(set-info :status unsat)
(check-sat)
(pop 1)
