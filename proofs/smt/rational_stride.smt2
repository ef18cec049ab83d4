; rational_stride: the transpose of stride down/up is stride up/down, and transposing twice changes nothing.
;
; Axis::transposed (geometry/axis.hpp) exchanges in and out, up and down, reverses the filter, and takes
; dilation*(taps-1) - pad for pad. To prove: (o, i, k) is a tap of an axis exactly where (i, o, taps-1-k) is one of its
; transpose. So W^T is a convolution like W, "stride 1/2" is the transposed convolution with stride 2, and stride 2/3
; is as good as either.
;
; Try it: stride 2/3 (down = 2, up = 3), taps = 3, dilation 1, pad 1. A tap: o = 1, k = 2, for 3*i = 2 + 2 - 1 = 3
; gives i = 1. Transposed: down = 3, up = 2, pad = 2 - 1 = 1, k = 0, and 2*1 = 3*1 + 0 - 1. The same pair of pixels.
;
; The proof needs no hypothesis at all, not even a positive stride: it is one equation, written from the other side.
; The stride is not reduced on the way, and must not be: stride 2/2 is not stride 1, for 2*i = 2*o + k has no odd tap.
(set-logic QF_NIA)
(set-info :statement "stride p/q transposes to stride q/p; transposing twice gives the same taps and pads")
(set-info :claims "transpose fractional rational adjoint gradient")

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

(define-fun reversed ((k Int)) Int (- (- taps 1) k))
(define-fun transposed_pad ((pad Int)) Int (- (* dilation (- taps 1)) pad))

; The definition of rational_tap once more, for the transposed axis: its image is the old code.
(define-fun transposed_tap ((o Int) (i Int) (k Int)) Bool
  (and (<= 0 i) (< i out) (<= 0 o) (< o in) (<= 0 k) (< k taps)
       (= (* down i) (- (+ (* up o) (* dilation k)) (transposed_pad pad)))))

; Axis::pad_end(), for the axis and for its transpose. A side of 0 pixels takes no place.
(define-fun stretched_image () Int (ite (= in 0) 0 (+ (* up (- in 1)) 1)))
(define-fun stretched_code () Int (ite (= out 0) 0 (+ (* down (- out 1)) 1)))
(define-fun pad_end () Int (- (+ stretched_code (* dilation (- taps 1))) pad stretched_image))
(define-fun transposed_pad_end () Int
  (- (+ stretched_image (* dilation (- taps 1))) (transposed_pad pad) stretched_code))

; A tap of a stride 2/3 that moves when the filter is reversed.
(push 1)
(assert (rational_tap o i k))
(assert (= down 2))
(assert (= up 3))
(assert (> i 0))
(assert (> o 0))
(assert (distinct k (reversed k)))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "the taps are those of the transposed axis with the filter reversed")
(assert (not (= (rational_tap o i k) (transposed_tap i o (reversed k)))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "transposing twice gives back pad and filter")
(assert (not (and (= (transposed_pad (transposed_pad pad)) pad)
                  (= (reversed (reversed k)) k))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "the padding behind transposes by the same rule as the one in front")
(assert (not (= transposed_pad_end (transposed_pad pad_end))))
(set-info :status unsat)
(check-sat)
(pop 1)
