; gather: dividing by the stride finds every tap, and nothing else.
;
; A tap joins code pixel o to image pixel i when   i = down*o + dilation*k - pad.   Conv reads this equation from the
; right: it knows o and k. A transposed convolution knows i and k and must solve for o; that takes a division, and only
; every down-th k leaves no remainder. This is where implementations go wrong (a division that truncates, a bound
; forgotten), so it is the first thing to prove: solving gives exactly the taps.
;
; Try it: down = 2, dilation = 1, pad = 1, and image pixel i = 4. Then i + pad = 5; tap k = 0 leaves 5/2, nothing; k = 1
; leaves 4/2, code pixel 2; k = 2 leaves 3/2, nothing again. Pixel 4 hears of code pixel 2 through w[1] alone.
;
; The proof is school arithmetic: down*o = position with a remainder of 0 has one solution, the quotient.
(set-logic QF_NIA)
(set-info :statement "o = (i + pad - dilation*k) / down, where it divides, gives exactly the taps")
(set-info :claims "matrix transpose gradient weight-gradient")
(set-info :source "[DV16] section 4.6")

(declare-const in Int)
(declare-const out Int)
(declare-const taps Int)
(declare-const down Int)
(declare-const dilation Int)
(declare-const pad Int)
(declare-const o Int)
(declare-const i Int)
(declare-const k Int)

(define-fun tap ((o Int) (i Int) (k Int)) Bool
  (and (<= 0 i) (< i in) (<= 0 o) (< o out) (<= 0 k) (< k taps)
       (= i (- (+ (* down o) (* dilation k)) pad))))

(define-fun position () Int (- (+ i pad) (* dilation k)))

(assert (>= down 1))            ; so that dividing by it means something; nothing else is needed

; The hypotheses can be true together, and taps exist that are not the first of anything.
(push 1)
(assert (tap o i k))
(assert (> down 1))
(assert (> dilation 1))
(assert (> o 0))
(assert (> k 0))
(set-info :status sat)
(check-sat)
(pop 1)

; Dividing finds the taps: all of them, and nothing that is none.
(push 1)
(set-info :goal "the division finds exactly the taps")
(assert (not (= (tap o i k)
                (and (<= 0 i) (< i in) (<= 0 k) (< k taps)
                     (= (mod position down) 0)
                     (<= 0 (div position down)) (< (div position down) out)
                     (= o (div position down))))))
(set-info :status unsat)
(check-sat)
(pop 1)

; The same in two steps, for the reader who wants to see where the stride is needed: every tap divides evenly ...
(push 1)
(set-info :goal "at a tap the division leaves no remainder, and its quotient is o")
(assert (tap o i k))
(assert (not (and (= (mod position down) 0) (= (div position down) o))))
(set-info :status unsat)
(check-sat)
(pop 1)

; ... and an even division is a tap: multiply it out.
(push 1)
(set-info :goal "an even division is a tap")
(assert (<= 0 i))
(assert (< i in))
(assert (<= 0 k))
(assert (< k taps))
(assert (= (mod position down) 0))
(assert (<= 0 (div position down)))
(assert (< (div position down) out))
(assert (not (tap (div position down) i k)))
(set-info :status unsat)
(check-sat)
(pop 1)
