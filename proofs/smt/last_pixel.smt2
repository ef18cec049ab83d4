; last_pixel: where the last window ends, and which rows of output_padding are zeros.
;
; output_padding has a bad name: it does not pad the result with zeros, it makes the result longer, and what is computed
; there is a convolution like everywhere else. Only if the padding behind has been used up do the extra rows lie beyond
; the last window: the last tap of the last window touches pixel   in - 1 + end - output_padding.   So with `end` = 1
; and output_padding = 1 the last row is full of values, and with end = 0 it is zero.
;
; Try it: out = 2, taps = 3, stride 2, end = 1, begin = 0: natural size 5, with output_padding 1: in = 5 - 1 + 1 = 5,
; and the last window ends on pixel 4 = in - 1. With end = 0: in = 6, and it ends on pixel 4 again: pixel 5 stays zero.
;
; With the words of a geometry: pad_end() (geometry/axis.hpp) is end - output_padding, and no tap reaches beyond
; (up*(in-1) + pad_end()) / up. A negative pad_end() counts the stretched pixels behind that conv never reads.
;
; The proof: put o = out-1 and k = taps-1 into the equation; every other tap lies down*(out-1-o) and dilation*(taps-1-k)
; further left.
(set-logic QF_NIA)
(set-info :statement "the last tap touches pixel in-1 + end - output_padding; only rows behind it are padding")
(set-info :claims "shape")

(declare-const in Int)
(declare-const out Int)
(declare-const taps Int)
(declare-const down Int)
(declare-const up Int)
(declare-const dilation Int)
(declare-const pad Int)
(declare-const end Int)
(declare-const output_padding Int)
(declare-const o Int)
(declare-const i Int)
(declare-const k Int)

(define-fun rational_tap ((o Int) (i Int) (k Int)) Bool
  (and (<= 0 i) (< i in) (<= 0 o) (< o out) (<= 0 k) (< k taps)
       (= (* up i) (- (+ (* down o) (* dilation k)) pad))))

(define-fun extent () Int (+ (* dilation (- taps 1)) 1))
(define-fun pad_end () Int (- (- (+ (* down (- out 1)) extent) 1) pad (* up (- in 1))))
(define-fun transposed_size () Int (+ (- (+ (* down (- out 1)) extent) pad end) output_padding))

(assert (>= down 1))            ; later windows lie further right,
(assert (>= dilation 1))        ; and later taps in them

; The zero row of the example: a tap on the last touched pixel, and one pixel behind it.
(push 1)
(assert (= up 1))
(assert (= in transposed_size))
(assert (= end 0))
(assert (= output_padding 1))
(assert (= down 2))
(assert (rational_tap (- out 1) (- in 2) (- taps 1)))
(assert (> out 1))
(assert (> taps 1))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "in the words of the user: pad_end() = end - output_padding")
(assert (= up 1))
(assert (= in transposed_size))
(assert (not (= pad_end (- end output_padding))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "the last tap of the last window falls on up*(in-1) + pad_end")
(assert (not (= (- (+ (* down (- out 1)) (* dilation (- taps 1))) pad)
                (+ (* up (- in 1)) pad_end))))
(set-info :status unsat)
(check-sat)
(pop 1)

; The two products have no negative factor (signs, products.smt2).
(push 1)
(set-info :goal "no tap lies behind it")
(assert (rational_tap o i k))
(assert (>= (* down (- (- out 1) o)) 0))
(assert (>= (* dilation (- (- taps 1) k)) 0))
(assert (not (<= (* up i) (+ (* up (- in 1)) pad_end))))
(set-info :status unsat)
(check-sat)
(pop 1)

; So a row of output_padding is a row of zeros only from pixel in + end - output_padding on.
(push 1)
(set-info :goal "integer stride: rows from in + end - output_padding on have no tap")
(assert (= up 1))
(assert (= in transposed_size))
(assert (>= i (- (+ in end) output_padding)))
(assert (=> (< o out) (>= (* down (- (- out 1) o)) 0)))
(assert (=> (< k taps) (>= (* dilation (- (- taps 1) k)) 0)))
(assert (not (not (rational_tap o i k))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "integer stride: and the row before them has one")
(assert (= up 1))
(assert (= in transposed_size))
(assert (>= out 1))
(assert (>= taps 1))
(assert (<= 0 (- (+ (- in 1) end) output_padding)))
(assert (< (- (+ (- in 1) end) output_padding) in))
(assert (not (rational_tap (- out 1) (- (+ (- in 1) end) output_padding) (- taps 1))))
(set-info :status unsat)
(check-sat)
(pop 1)
