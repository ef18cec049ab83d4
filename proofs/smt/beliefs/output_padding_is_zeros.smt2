; output_padding_is_zeros: output_padding appends zeros.
;
; "output_padding pads the output, with zeros."  The name says so and means something else: nothing is appended, less
; is cut off. A transposed convolution computes down*(out-1) + extent pixels and cuts the padding from both ends;
; output_padding gives back some of the pixels that were cut at the end, and what taps wrote there. Only pixels beyond
; the last window are zeros. PyTorch's usual k3 s2 p1 with output_padding=1 has a last pixel that is anything but
; zero.
; Where one meets it: pytorch#8816.
; True instead: the padding behind is padding - output_padding, which may be negative; then zeros do appear.
(set-logic QF_NIA)
(set-info :belief "output_padding appends zeros")
(set-info :source "pytorch#8816")

(declare-const out Int)
(declare-const taps Int)
(declare-const down Int)
(declare-const dilation Int)
(declare-const pad Int)
(declare-const pad_end Int)
(declare-const output_padding Int)
(declare-const o Int)
(declare-const i Int)
(declare-const k Int)

(define-fun extent () Int (+ (* dilation (- taps 1)) 1))
; The size that a transposed convolution returns to, before output_padding: all windows, less the padding.
(define-fun natural () Int (- (+ (* down (- out 1)) extent) pad pad_end))
(define-fun in () Int (+ natural output_padding))

(define-fun tap ((o Int) (i Int) (k Int)) Bool
  (and (<= 0 i) (< i in) (<= 0 o) (< o out) (<= 0 k) (< k taps)
       (= i (- (+ (* down o) (* dilation k)) pad))))

(assert (and (>= out 1) (>= taps 1) (>= down 1) (>= dilation 1)))
(assert (and (>= pad 0) (>= pad_end 0)))
(assert (and (<= 0 output_padding) (< output_padding down)))
(assert (>= natural 1))                         ; an image before output_padding
(assert (= pad pad_end))                        ; PyTorch, whose word it is, cuts both ends alike
(assert (> taps down))                          ; the windows overlap

; The hypotheses can be true together, and some pixels of output_padding are reached by no tap.
(push 1)
(assert (and (>= output_padding 1) (= pad 0) (tap o i k)))
(set-info :status sat)
(check-sat)
(pop 1)

; A tap that reaches a pixel of output_padding.
(push 1)
(assert (not (=> (>= i natural) (not (tap o i k)))))
(set-info :status sat)
(check-sat)
(get-value (out taps down dilation pad pad_end output_padding))
(pop 1)
