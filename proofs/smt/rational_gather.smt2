; rational_gather: with a stride down/up both directions divide, and both find exactly the taps.
;
; The full equation is   up*i = down*o + dilation*k - pad.   Who knows i and k divides by down to find o (code_at in
; forms/gather.hpp, used by conv_transpose); who knows o and k divides by up to find i (image_at in geometry/axis.hpp,
; used by conv). The two are mirror images of each other, which is the whole idea of the inverse stride.
;
; Try it: stride 2/3 (down = 2, up = 3), dilation 1, pad 0, o = 1. Tap k = 1 falls on 2*1 + 1 = 3 = 3*1: image pixel 1.
; Tap k = 2 falls on 4, between the pixels 1 and 2, where an inserted zero stands: no tap.
;
; Both functions first send away a negative position and only then divide; below zero the truncating `/` and `%` of C++
; would differ from the floor, at or above it they are div and mod. The goals mirror the functions line by line.
(set-logic QF_NIA)
(set-info :statement "solving for o (divide by down) or for i (divide by up) gives exactly the taps")
(set-info :claims "matrix transpose gradient weight-gradient rational")

(declare-const in Int)
(declare-const out Int)
(declare-const taps Int)
(declare-const down Int)
(declare-const up Int)
(declare-const dilation Int)
(declare-const pad Int)
(declare-const o Int)
(declare-const i Int)
(declare-const k Int)

(define-fun rational_tap ((o Int) (i Int) (k Int)) Bool
  (and (<= 0 i) (< i in) (<= 0 o) (< o out) (<= 0 k) (< k taps)
       (= (* up i) (- (+ (* down o) (* dilation k)) pad))))

(define-fun code_position () Int (+ (- (* up i) (* dilation k)) pad))
(define-fun image_position () Int (- (+ (* down o) (* dilation k)) pad))

(assert (>= down 1))            ; both are divisors
(assert (>= up 1))

; A tap with a stride such as 3/2.
(push 1)
(assert (rational_tap o i k))
(assert (> up 1))
(assert (> down up))
(assert (> o 0))
(assert (> k 0))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "code_at(i, k) = o exactly where (o, i, k) is a tap")
(assert (<= 0 i))               ; the loops of conv_transpose run over the image and the taps
(assert (< i in))
(assert (<= 0 k))
(assert (< k taps))
(assert (not (= (rational_tap o i k)
                (and (>= code_position 0)
                     (= (mod code_position down) 0)
                     (< (div code_position down) out)
                     (= o (div code_position down))))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "image_at(o, k) = i exactly where (o, i, k) is a tap")
(assert (<= 0 o))               ; the loops of conv run over the code and the taps
(assert (< o out))
(assert (<= 0 k))
(assert (< k taps))
(assert (not (= (rational_tap o i k)
                (and (>= image_position 0)
                     (= (mod image_position up) 0)
                     (< (div image_position up) in)
                     (= i (div image_position up))))))
(set-info :status unsat)
(check-sat)
(pop 1)
