; zero_insertion: a transposed convolution is a plain convolution over the code with zeros between its pixels.
;
; The picture that gave the fractionally-strided convolution its name: put down-1 zeros between the code pixels and
; zeros_begin = dilation*(taps-1) - pad more in front, reverse the filter, and correlate. Code pixel o then stands on
; the cell down*o behind those first zeros, and the reversed tap of result i lies on the cell
;
;     cell  =  up*i + dilation*(taps-1-k) - zeros_begin.
;
; To prove: (o, i, k) is a tap exactly where this cell is the one on which o stands. Everything that is usually got
; wrong is in that line: the reversal, the pad (dilation*(taps-1) - pad, not pad and not taps-1-pad), the range.
;
; Try it: taps = 3, down = 2, pad = 1, dilation = up = 1; so zeros_begin = 1. Image pixel i = 4 lies on the cells 3, 4,
; 5 (k = 2, 1, 0), and of these only cell 4 = 2*2 holds a code pixel, o = 2. Check: i = 2*2 + 1 - 1 = 4.
;
; Used by forms/zero_insertion.hpp, whose conv_transpose is conv on the transposed geometry.
(set-logic QF_NIA)
(set-info :statement "W^T = zeros between code pixels, dilation*(taps-1) - pad before, filter reversed")
(set-info :claims "transpose fractional gradient rational")
(set-info :source "[DV16] relations 8 to 14, [SHI16]")

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

(define-fun zeros_begin () Int (- (* dilation (- taps 1)) pad))
(define-fun reversed () Int (- (- taps 1) k))
(define-fun cell () Int (- (+ (* up i) (* dilation reversed)) zeros_begin))
(define-fun stretched () Int (+ (* down (- out 1)) 1))      ; code pixels and the zeros between them

(assert (>= down 1))            ; a code pixel every down cells
(assert (>= up 1))              ; these two only matter for how far the cells reach, in the last goal
(assert (>= dilation 1))

; A tap, with zeros between the pixels and in front of them.
(push 1)
(assert (rational_tap o i k))
(assert (> down 2))
(assert (> dilation 1))
(assert (> zeros_begin 0))
(assert (> o 0))
(assert (distinct k reversed))
(set-info :status sat)
(check-sat)
(pop 1)

; The equation alone: no range is needed, nor any sign.
(push 1)
(set-info :goal "the equation of a tap says: its cell is the one of code pixel o")
(assert (not (= (= (* up i) (- (+ (* down o) (* dilation k)) pad))
                (= cell (* down o)))))
(set-info :status unsat)
(check-sat)
(pop 1)

; The range alone: the stretched code has as many cells as it should.
(push 1)
(set-info :goal "cell down*o lies in the stretched code exactly for 0 <= o < out")
(assert (not (= (and (<= 0 (* down o)) (< (* down o) stretched))
                (and (<= 0 o) (< o out)))))
(set-info :status unsat)
(check-sat)
(pop 1)

; Both together.
(push 1)
(set-info :goal "taps are exactly the cells that hold a code pixel")
(assert (not (= (rational_tap o i k)
                (and (<= 0 i) (< i in) (<= 0 reversed) (< reversed taps)
                     (= cell (* down o)) (<= 0 cell) (< cell stretched)))))
(set-info :status unsat)
(check-sat)
(pop 1)

; What stands on the other cells is an inserted zero: the products that polyphase leaves out.
(push 1)
(set-info :goal "no tap falls on an inserted zero")
(assert (rational_tap o i k))
(assert (not (and (= (mod cell down) 0) (= o (div cell down)))))
(set-info :status unsat)
(check-sat)
(pop 1)

; The array that forms/zero_insertion.hpp fills is up*(in-1) + extent cells long, zeros in front included: the windows
; of all result pixels stay inside it. The four products below have no negative factor (signs, products.smt2).
(push 1)
(set-info :goal "no window leaves the stretched array")
(assert (<= 0 i))
(assert (< i in))
(assert (<= 0 reversed))
(assert (< reversed taps))
(assert (>= (* up i) 0))
(assert (>= (* up (- (- in 1) i)) 0))
(assert (>= (* dilation reversed) 0))
(assert (>= (* dilation k) 0))
(assert (not (and (<= 0 (+ (* up i) (* dilation reversed)))
                  (< (+ (* up i) (* dilation reversed))
                     (+ (* up (- in 1)) (* dilation (- taps 1)) 1)))))
(set-info :status unsat)
(check-sat)
(pop 1)
