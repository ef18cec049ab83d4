; output_padding_is_n_mod_s: output_padding = size mod stride.
;
; "The division of the image's size by the stride leaves a remainder; that is the output_padding."  What is divided is
; not the image's size, but the way that the window can go: in + pad + pad_end - extent. The remainder of that is the
; output_padding. An even image under k3 s2 p1 needs output_padding=1 although its remainder by 2 is 0.
; Where one meets it: keras#9883; autoencoders that come back one pixel short or long, keras#3489.
; True instead: output_padding = (in + pad + pad_end - extent) mod down, [DV16] relation 14.
(set-logic QF_NIA)
(set-info :belief "output_padding = image size mod stride")
(set-info :source "[DV16] relation 14")

(declare-const in Int)
(declare-const taps Int)
(declare-const down Int)
(declare-const dilation Int)
(declare-const pad Int)
(declare-const pad_end Int)

(define-fun extent () Int (+ (* dilation (- taps 1)) 1))
; How many windows fit into an image: its code size.
(define-fun code_size ((size Int)) Int (+ (div (- (+ size pad pad_end) extent) down) 1))
(define-fun out () Int (code_size in))

; The size that a transposed convolution returns to, before output_padding: all windows, less the padding.
(define-fun natural () Int (- (+ (* down (- out 1)) extent) pad pad_end))

(assert (and (>= in 1) (>= taps 1) (>= down 1) (>= dilation 1)))
(assert (and (>= pad 0) (>= pad_end 0)))
(assert (>= out 1))

; The hypotheses can be true together, and with in = 5, taps = 2, stride 2 the belief is right.
(push 1)
(assert (and (= in 5) (= taps 2) (= down 2) (= in (+ natural (mod in down)))))
(set-info :status sat)
(check-sat)
(pop 1)

; The image does not come back to its size.
(push 1)
(assert (not (= in (+ natural (mod in down)))))
(set-info :status sat)
(check-sat)
(get-value (in taps down dilation pad pad_end))
(pop 1)
