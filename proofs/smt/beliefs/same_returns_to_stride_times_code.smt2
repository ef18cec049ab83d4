; same_returns_to_stride_times_code: under SAME, the image has stride * code pixels.
;
; "SAME divides the size by the stride, and the transposed convolution multiplies it again."  SAME rounds up: an image
; of 7 has a code of 4 under stride 2, and the way back ends at 8. Keras' Conv2DTranspose and JAX return to
; stride*code unless told otherwise.
; Where one meets it: autoencoders that do not return to their input's size, keras#3489. MNIST: 28, 14, 7, 4, and back
; 4, 8, 16, 32.
; True instead: every size from down*(out-1)+1 to down*out has this code. Name the size you started from.
(set-logic QF_NIA)
(set-info :belief "a SAME transposed convolution returns to the image's size: stride * code")
(set-info :source "keras#3489")

(declare-const in Int)
(declare-const taps Int)
(declare-const down Int)
(declare-const dilation Int)

(define-fun out () Int (div (+ in (- down 1)) down))

(assert (and (>= in 1) (>= taps 1) (>= down 1) (>= dilation 1)))
(assert (>= taps down))                         ; every pixel is read
(assert (or (= down 1) (= dilation 1)))         ; Keras refuses stride and dilation together

; The hypotheses can be true together, and where the stride divides the size the belief is right.
(push 1)
(assert (and (>= down 2) (= in (* down out))))
(set-info :status sat)
(check-sat)
(pop 1)

; The image comes back larger than it was.
(push 1)
(assert (not (= in (* down out))))
(set-info :status sat)
(check-sat)
(get-value (in taps down dilation))
(pop 1)
