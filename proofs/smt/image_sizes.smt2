; image_sizes: the images that share a code size are consecutive, and an integer stride s has exactly s of them.
;
; conv forgets. With stride 2, images of 27 and 28 pixels can have the same code; going back, somebody must say which.
; Other systems ask for output_padding, output_shape, adj or target_shape; fsconv lists the candidates: an image of n
; pixels has a code of `out` exactly for  smallest <= n <= largest  (image_sizes in geometry/axis.cpp):
;
;     smallest = ceil((down*(out-1) - c) / up) + 1      largest = ceil((down*out - c) / up)
;     with c = 1 + begin + end - extent
;
; With an integer stride (up = 1) these are down*(out-1) - c + 1 and down*out - c: `down` consecutive sizes. With a
; fraction down/up there are down/up of them, rounded up or down; for a stride below 1 that may be none at all. (The
; function also clamps the smallest to 1: it lists images that have a pixel. To a code without pixels it counts all
; images in which no window fits.)
;
; Try it: taps = 3, pads 1 and 1, so c = 0. Stride 2, out = 14: 27 and 28. Stride 1/2 (down = 1, up = 2): out = 5 comes
; from ceil(4/2)+1 = 3 to ceil(5/2) = 3, that is 3; out = 4 from ceil(3/2)+1 = 3 to ceil(4/2) = 2: from nowhere.
;
; The proof: floor(x/down) = out-1 says down*(out-1) <= x < down*out; divide by up.
(set-logic QF_NIA)
(set-info :statement "the sizes that conv maps to `out` are consecutive; an integer stride has stride many")
(set-info :claims "shape")
(set-info :source "[DV16] relation 14: a = 0 .. s-1")

(declare-const in Int)
(declare-const out Int)
(declare-const down Int)
(declare-const up Int)
(declare-const extent Int)      ; dilation*(taps-1) + 1, but any number will do
(declare-const begin Int)
(declare-const end Int)
(declare-const quotient Int)    ; of the division in code_size
(declare-const remainder Int)

(assert (>= down 1))
(assert (>= up 1))
(assert (= (- (+ (* up (- in 1)) 1 begin end) extent) (+ (* down quotient) remainder)))
(assert (<= 0 remainder))
(assert (< remainder down))

(define-fun code_size () Int (+ (div (- (+ (* up (- in 1)) 1 begin end) extent) down) 1))
(define-fun c () Int (- (+ 1 begin end) extent))
(define-fun ceil_by_up ((value Int)) Int (- (div (- value) up)))        ; ceil_div of base/index.hpp
(define-fun smallest () Int (+ (ceil_by_up (- (* down (- out 1)) c)) 1))
(define-fun largest () Int (ceil_by_up (- (* down out) c)))

; The larger of the two images of the example.
(push 1)
(assert (= up 1))
(assert (= down 2))
(assert (= extent 3))
(assert (= begin end 1))
(assert (= in 28))
(assert (= out 14))
(assert (= code_size out))
(assert (= in largest))
(set-info :status sat)
(check-sat)
(pop 1)

; ... and that a code size can come from nowhere.
(push 1)
(assert (= up 2))
(assert (= down 1))
(assert (= extent 3))
(assert (= begin end 1))
(assert (= out 4))
(assert (> smallest largest))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "an image with this code size is not smaller than the smallest")
(assert (= quotient (- out 1)))
(assert (not (<= smallest in)))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "nor larger than the largest")
(assert (= quotient (- out 1)))
(assert (not (<= in largest)))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "and every image between them has it")
(assert (<= smallest in))
(assert (<= in largest))
(assert (not (= quotient (- out 1))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "integer stride: exactly the sizes from natural to natural + stride - 1 (division)")
(assert (= up 1))
(assert (not (= (= code_size out)
                (and (<= (- (+ (* down (- out 1)) extent) begin end) in)
                     (< in (+ (- (+ (* down (- out 1)) extent) begin end) down))))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "integer stride: smallest and largest are the natural size and stride-1 more")
(assert (= up 1))
(assert (not (and (= smallest (- (+ (* down (- out 1)) extent) begin end))
                  (= largest (+ smallest (- down 1))))))
(set-info :status unsat)
(check-sat)
(pop 1)

; How many: down/up, rounded up or down.
(push 1)
(set-info :goal "any stride: the number of sizes is less than 1 away from down/up")
(assert (not (and (< (- down up) (* up (+ (- largest smallest) 1)))
                  (< (* up (+ (- largest smallest) 1)) (+ down up)))))
(set-info :status unsat)
(check-sat)
(pop 1)
