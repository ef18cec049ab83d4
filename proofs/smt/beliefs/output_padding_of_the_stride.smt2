; output_padding_of_the_stride: output_padding may be as large as the stride.
;
; "output_padding adds pixels at the end; one stride more or less does no harm."  It chooses among the image sizes
; that have this code, and there are exactly `down` of them: 0, 1, ..., down-1 more than the smallest. With
; output_padding = down there is room for one more window, and the convolution of that image has one more code pixel:
; the pair of layers no longer matches. PyTorch allows output_padding up to the larger of stride and dilation, so with
; dilation 2 and stride 1 it accepts the 1 that is refuted here.
; Where one meets it: keras#9883, tensorflow#2118, mlx#1423 (which size does a transposed convolution return to?).
; True instead: 0 <= output_padding < down, [DV16] relation 14 (a = 0, ..., s-1).
(set-logic QF_NIA)
(set-info :belief "output_padding may be as large as the stride")
(set-info :source "[DV16] relation 14")

(declare-const out Int)
(declare-const taps Int)
(declare-const down Int)
(declare-const dilation Int)
(declare-const pad Int)
(declare-const pad_end Int)
(declare-const output_padding Int)

(define-fun extent () Int (+ (* dilation (- taps 1)) 1))
; The size that a transposed convolution returns to, before output_padding: all windows, less the padding.
(define-fun natural () Int (- (+ (* down (- out 1)) extent) pad pad_end))
(define-fun in () Int (+ natural output_padding))

; How many windows fit into an image: its code size.
(define-fun code_size ((size Int)) Int (+ (div (- (+ size pad pad_end) extent) down) 1))

(assert (and (>= out 1) (>= taps 1) (>= down 1) (>= dilation 1)))
(assert (and (>= pad 0) (>= pad_end 0)))
(assert (and (<= 0 output_padding) (<= output_padding down)))
(assert (>= natural 1))

; The hypotheses can be true together, and with a smaller output_padding the sizes agree.
(push 1)
(assert (and (>= output_padding 1) (= (code_size in) out)))
(set-info :status sat)
(check-sat)
(pop 1)

; The convolution of the image has another size than the code it came from.
(push 1)
(assert (not (= (code_size in) out)))
(set-info :status sat)
(check-sat)
(get-value (out taps down dilation pad pad_end output_padding))
(pop 1)
