; keras_sizes: Conv2DTranspose leads back through Conv2D, except for an even kernel with same and output_padding 0.
;
; Keras computes the size itself (conv_transpose in conventions/keras.cpp), and output_padding = None is not 0:
;
;                valid                                           same
;     None       out*stride + max(extent - stride, 0)            out*stride
;     given      natural + output_padding                        natural - 2*floor(extent/2) + output_padding
;
; Three of the four come back, with the pads of the forward convolution. The fourth has a hole. For an even extent it
; is stride*(out-1) + output_padding, and with output_padding 0 the SAME convolution gives out-1: one pixel short.
;
; Try it: out = 4, stride 2, taps = 4, same. None: 8, back to 4. output_padding 1: 10 - 4 + 1 = 7, back to 4, that is
; ceil(7/2). output_padding 0: 6, back to 3. With taps = 3: 9 - 2 + 0 = 7, back to 4.
;
; The proof: in each case write the size as stride*out less something below the stride.
(set-logic QF_NIA)
(set-info :statement "Keras: sizes and pads come back, but same needs an odd extent or output_padding > 0")
(set-info :claims "shape")
(set-info :source "keras.layers.Conv2DTranspose; Keras PR 22876")

(declare-const out Int)
(declare-const down Int)
(declare-const extent Int)          ; dilation*(taps-1) + 1
(declare-const output_padding Int)
(declare-const in Int)
(declare-const code Int)            ; what SAME makes of `in`: ceil(in / down)
(declare-const surplus Int)

(define-fun max ((a Int) (b Int)) Int (ite (> a b) a b))
(define-fun natural () Int (+ (* down (- out 1)) extent))
(define-fun valid_size () Int (+ (div (- in extent) down) 1))           ; Conv2D, valid
(define-fun begin () Int (div (max (- natural in) 0) 2))                ; keras_transposed, same
(define-fun same_total () Int (max (- (+ (* (- code 1) down) extent) in) 0))
(define-fun same_begin () Int (div same_total 2))                       ; Conv2D, same

(assert (>= down 1))
(assert (>= extent 1))
(assert (<= 0 output_padding))      ; Keras wants output_padding < stride
(assert (< output_padding down))
(assert (= (* down code) (+ in surplus)))
(assert (<= 0 surplus))
(assert (< surplus down))

; What products.smt2 proves about multiples: those of `down` lie at least `down` apart. Asserted where a goal needs it.
(define-fun apart ((n Int)) Bool
  (=> (and (< (- down) (* down n)) (< (* down n) down)) (= n 0)))

; An even kernel with output_padding 1.
(push 1)
(assert (= out 4))
(assert (= down 2))
(assert (= extent 4))
(assert (= output_padding 1))
(assert (= in (+ (- natural (* 2 (div extent 2))) output_padding)))
(assert (= in 7))
(assert (= code 4))
(assert (= begin 1))
(set-info :status sat)
(check-sat)
(pop 1)

; The sizes of None, with a kernel longer than the stride, and of valid with an output_padding.
(push 1)
(assert (= in (+ (* out down) (max (- extent down) 0))))
(assert (= in (+ natural output_padding)))
(assert (> extent down))
(assert (> down 1))
(assert (= valid_size out))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "None, valid: comes back (extent >= stride)")
(assert (>= extent down))
(assert (apart (- valid_size out)))
(assert (= in (+ (* out down) (max (- extent down) 0))))
(assert (not (= valid_size out)))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "None, valid: comes back (extent < stride)")
(assert (< extent down))
(assert (= in (+ (* out down) (max (- extent down) 0))))
(assert (not (= valid_size out)))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "None, same: comes back, with the forward convolution's padding")
(assert (= in (* out down)))
(assert (not (and (= code out) (= begin same_begin))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "output_padding given, valid: comes back")
(assert (= in (+ natural output_padding)))
(assert (not (= valid_size out)))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "output_padding given, same: odd extent or output_padding > 0 come back, pads included")
(assert (= in (+ (- natural (* 2 (div extent 2))) output_padding)))
(assert (or (= (mod extent 2) 1) (> output_padding 0)))
(assert (not (and (= code out) (= begin same_begin))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "output_padding 0, same, even extent: one pixel short")
(assert (= in (+ (- natural (* 2 (div extent 2))) output_padding)))
(assert (= (mod extent 2) 0))
(assert (= output_padding 0))
(assert (not (= code (- out 1))))
(set-info :status unsat)
(check-sat)
(pop 1)
