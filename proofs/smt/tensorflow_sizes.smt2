; tensorflow_sizes: conv2d_transpose admits an output_shape exactly if conv2d leads back from it, with the same pads.
;
; TensorFlow asks for the image size and then checks that the forward convolution gives the code size. To prove: the
; ranges that conventions/tensorflow.cpp checks instead (conv_transpose with legal_images) are these conditions,
;
;     SAME    ceil(in / stride) = out                     stride*(out-1) < in <= stride*out
;     VALID   floor((in - extent + stride) / stride) = out            natural <= in < natural + stride
;     given   floor((in + begin + end - extent) / stride) + 1 = out   the same, less begin + end
;
; and SAME's padding in front, which TensorFlow computes from the output_shape as floor(P/2) with
; P = max((out-1)*stride + extent - in, 0), is the one of the forward convolution (pads_of, same_total_padding).
;
; Try it: out = 14, stride 2, taps = 3: SAME admits 27 (pads 1, 1) and 28 (pads 0, 1); VALID admits 29 and 30.
(set-logic QF_NIA)
(set-info :statement "TensorFlow: output_shape is legal iff conv2d maps it back; SAME pads as the forward op")
(set-info :claims "shape")
(set-info :source "tf.nn.conv2d_transpose")

(declare-const in Int)
(declare-const out Int)
(declare-const down Int)
(declare-const extent Int)      ; dilation*(taps-1) + 1
(declare-const begin Int)       ; explicit pads
(declare-const end Int)
(declare-const code Int)        ; ceil(in / down)
(declare-const surplus Int)

(define-fun max ((a Int) (b Int)) Int (ite (> a b) a b))
(define-fun natural () Int (+ (* down (- out 1)) extent))
(define-fun valid_size () Int (div (+ (- in extent) down) down))    ; as TensorFlow writes it
(define-fun given_size () Int (+ (div (- (+ in begin end) extent) down) 1))

; image_sizes and same_image_sizes of geometry/axis.cpp for up = 1 (proved in the files of these names).
(define-fun same_admits () Bool (and (<= (+ (* down (- out 1)) 1) in) (<= in (* down out))))
(define-fun valid_admits () Bool (and (<= natural in) (<= in (+ natural (- down 1)))))
(define-fun given_admits () Bool
  (and (<= (- natural begin end) in) (<= in (+ (- natural begin end) (- down 1)))))

(define-fun tensorflow_total () Int (max (- (+ (* (- out 1) down) extent) in) 0))
(define-fun forward_total () Int (max (- (+ (* (- code 1) down) extent) in) 0))

(assert (>= down 1))
(assert (= (* down code) (+ in surplus)))
(assert (<= 0 surplus))
(assert (< surplus down))

; What products.smt2 proves about multiples: those of `down` lie at least `down` apart. Asserted where a goal needs it.
(define-fun apart ((n Int)) Bool
  (=> (and (< (- down) (* down n)) (< (* down n) down)) (= n 0)))

; 28 pixels, SAME and VALID side by side: 28 is not a size of VALID.
(push 1)
(assert (= out 14))
(assert (= down 2))
(assert (= extent 3))
(assert (= in 28))
(assert same_admits)
(assert (not valid_admits))
(assert (= tensorflow_total 1))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "SAME admits exactly the sizes with ceil(in/stride) = out")
(assert (not (= same_admits (= code out))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "SAME: the pad in front is the forward convolution's")
(assert (= code out))           ; the goal before
(assert (not (= (div tensorflow_total 2) (div forward_total 2))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "VALID admits exactly the sizes with floor((in - extent + stride)/stride) = out")
(assert (apart (- valid_size out)))
(assert (not (= valid_admits (= valid_size out))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "explicit pads admit exactly the sizes that they map to `out`")
(assert (not (= given_admits (= given_size out))))
(set-info :status unsat)
(check-sat)
(pop 1)
