; code_size_determines_image_size: from the size of the code, the size of the image.
;
; "I know the code's size, kernel, stride and padding, so I know the image's size."  A window moves `down` pixels at a
; time; images that end between two positions have the same windows. `down` sizes share a code size, and no formula
; can choose among them. Every system has its own word to choose: output_padding, output_shape, input_shape,
; target_shape, adj.
; Where one meets it: keras#9883, tensorflow#2118, mlx#1423, keras#3489.
; True instead: fsconv stores both sizes; the sizes of a code are `down` consecutive numbers.
(set-logic QF_NIA)
(set-info :belief "the code size determines the image size")
(set-info :source "tensorflow#2118, mlx#1423")

(declare-const in Int)
(declare-const other_in Int)
(declare-const taps Int)
(declare-const down Int)
(declare-const dilation Int)
(declare-const pad Int)
(declare-const pad_end Int)

(define-fun extent () Int (+ (* dilation (- taps 1)) 1))
; How many windows fit into an image: its code size.
(define-fun code_size ((size Int)) Int (+ (div (- (+ size pad pad_end) extent) down) 1))

(assert (and (>= in 1) (>= taps 1) (>= down 1) (>= dilation 1)))
(assert (and (>= pad 0) (>= pad_end 0)))
(assert (>= (code_size in) 1))
(assert (<= in other_in))
(assert (= (code_size in) (code_size other_in)))

; The hypotheses can be true together, and with stride 1 the belief is right.
(push 1)
(assert (and (= down 1) (= in other_in)))
(set-info :status sat)
(check-sat)
(pop 1)

; Two images with codes of the same size.
(push 1)
(assert (not (= in other_in)))
(set-info :status sat)
(check-sat)
(get-value (in other_in taps down dilation pad pad_end))
(pop 1)
