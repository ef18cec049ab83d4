; same_image_sizes: the images whose SAME code has `out` pixels, and why they are not those of a fixed padding.
;
; ceil(in/stride) = out holds for  stride*(out-1) < in <= stride*out:  again `stride` consecutive sizes, but counted
; back from the round number stride*out, not forward from the natural size. The padding moves with the image, so the
; lists differ: with stride 2, taps = 3 and out = 4, SAME comes from 7 or 8. The pads that SAME chooses for 7 are 1 and
; 1, and these fixed pads come from 7 or 8, too; for 8 it chooses 0 and 1, and those come from 8 or 9. In general:
;
;     floor(down*(out-1)/up) + 1  <=  in  <=  floor(down*out/up)            (same_image_sizes in geometry/axis.cpp)
;
; Keras, ONNX and JAX choose the largest, stride*out, when nobody names a size; TensorFlow makes you say it.
;
; The proof: ceil(x/down) = out says down*(out-1) < x <= down*out, and x = up*in.
(set-logic QF_NIA)
(set-info :statement "ceil(up*in/down) = out for consecutive sizes: an integer stride s has s, up to s*out")
(set-info :claims "shape")

(declare-const in Int)
(declare-const out Int)
(declare-const down Int)
(declare-const up Int)
(declare-const code Int)        ; ceil(up*in / down)
(declare-const surplus Int)

(assert (>= down 1))
(assert (>= up 1))
(assert (= (* down code) (+ (* up in) surplus)))
(assert (<= 0 surplus))
(assert (< surplus down))

(define-fun ceil_div ((value Int) (by Int)) Int (- (div (- value) by)))
(define-fun smallest () Int (+ (div (* down (- out 1)) up) 1))
(define-fun largest () Int (div (* down out) up))

; What products.smt2 proves about multiples: those of `down` lie at least `down` apart. Asserted where a goal needs it.
(define-fun apart ((n Int)) Bool
  (=> (and (< (- down) (* down n)) (< (* down n) down)) (= n 0)))

(push 1)
(assert (= up 1))
(assert (= down 2))
(assert (= out 4))
(assert (= in 7))
(assert (= code out))
(assert (= smallest in))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "SAME-size written with a division is this code size")
(assert (apart (- (ceil_div (* up in) down) code)))
(assert (not (= (ceil_div (* up in) down) code)))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "an image with this code is not smaller than the smallest")
(assert (= code out))
(assert (not (<= smallest in)))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "nor larger than the largest")
(assert (= code out))
(assert (not (<= in largest)))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "from the smallest on, codes are not smaller than `out`")
(assert (<= smallest in))
(assert (not (<= out code)))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "and up to the largest, not larger")
(assert (<= in largest))
(assert (not (<= code out)))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "integer stride: from stride*(out-1)+1 to stride*out")
(assert (= up 1))
(assert (not (and (= smallest (+ (* down (- out 1)) 1)) (= largest (* down out)))))
(set-info :status unsat)
(check-sat)
(pop 1)
