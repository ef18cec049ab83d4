; output_shape_means_the_same: the same output_shape gives the same values in every system.
;
; "The exported model has the same weights and the same output_shape, so it computes the same."  From output_shape a
; system works out how many pixels to cut. TensorFlow cuts the smaller half in front. ONNX does so only with auto_pad
; = SAME_UPPER; with output_shape alone it cuts the larger half in front. Where the number is odd, the arrays differ
; by one pixel.
; Where one meets it: onnx#1609, onnxruntime#4698.
; True instead: export explicit pads without output_shape, or SAME_UPPER.
(set-logic QF_NIA)
(set-info :belief "the same output_shape gives the same values in TensorFlow and ONNX")
(set-info :source "onnx#1609, onnxruntime#4698")

(declare-const in Int)
(declare-const out Int)
(declare-const taps Int)
(declare-const down Int)
(declare-const dilation Int)

(define-fun extent () Int (+ (* dilation (- taps 1)) 1))
(define-fun total () Int (- (+ (* down (- out 1)) extent) in))
(define-fun tensorflow_pad () Int (div total 2))
(define-fun onnx_pad () Int (- total (div total 2)))

(assert (and (>= in 1) (>= out 1) (>= taps 1) (>= down 1) (>= dilation 1)))
(assert (= out (div (+ in (- down 1)) down)))   ; TensorFlow's rule for an output_shape under SAME
(assert (>= total 0))
(assert (<= extent in))                         ; the filter fits into the image

; The hypotheses can be true together, and with an even total the belief is right.
(push 1)
(assert (and (>= total 1) (= tensorflow_pad onnx_pad)))
(set-info :status sat)
(check-sat)
(pop 1)

; They cut differently.
(push 1)
(assert (not (= tensorflow_pad onnx_pad)))
(set-info :status sat)
(check-sat)
(get-value (in out taps down dilation))
(pop 1)
