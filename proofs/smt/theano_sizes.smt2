; theano_sizes: conv2d_grad_wrt_inputs admits an input_shape exactly if the forward convolution leads back from it.
;
; Theano, where "transposed convolution" is called by its name, the gradient with respect to the inputs, has four words
; for the padding: valid (0), half (floor(extent/2)), full (extent-1), or a number; all of them the same in front and
; behind, or a pair. The image size must be said, and the forward size of it must be the code's. To prove: the range
; that conventions/theano.cpp checks (conv_transpose with legal_images, pads_of) is that condition, for each word:
;
;     valid    stride*(out-1) + extent                         ... and stride-1 more
;     half     stride*(out-1) + 1      for an odd extent       ... and stride-1 more:  the sizes of SAME
;     full     stride*(out-1) - extent + 2                     ... and stride-1 more
;
; Try it: taps = 3, stride 2, out = 4: valid 9 or 10, half 7 or 8, full 5 or 6. All lead back to 4.
;
; Theano also flips the filter unless told otherwise; that moves no size, and rational_stride.smt2 says what it moves.
(set-logic QF_NIA)
(set-info :statement "Theano: input_shape is legal iff valid, half, full or given pads map it back")
(set-info :claims "shape")
(set-info :source "theano.tensor.nnet.abstract_conv.conv2d_grad_wrt_inputs")

(declare-const in Int)
(declare-const out Int)
(declare-const down Int)
(declare-const extent Int)      ; filter_dilation*(taps-1) + 1
(declare-const begin Int)       ; the padding, whatever word it came from
(declare-const end Int)
(declare-const quotient Int)    ; of the forward size
(declare-const remainder Int)

(define-fun natural () Int (+ (* down (- out 1)) extent))
(define-fun admits () Bool (and (<= (- natural begin end) in) (<= in (+ (- natural begin end) (- down 1)))))
(define-fun valid () Bool (= begin end 0))
(define-fun half () Bool (= begin end (div extent 2)))
(define-fun full () Bool (= begin end (- extent 1)))

(assert (>= down 1))
(assert (= (- (+ in begin end) extent) (+ (* down quotient) remainder)))
(assert (<= 0 remainder))
(assert (< remainder down))

; half, 8 pixels.
(push 1)
(assert (= extent 3))
(assert (= down 2))
(assert (= out 4))
(assert half)
(assert (= in 8))
(assert admits)
(assert (= quotient 3))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "any padding: admitted sizes come back")
(assert admits)
(assert (not (= (+ quotient 1) out)))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "any padding: sizes that come back are admitted")
(assert (= (+ quotient 1) out))
(assert (not admits))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "half with an odd extent admits the sizes of SAME: stride*(out-1) < in <= stride*out")
(assert half)
(assert (= (mod extent 2) 1))
(assert (not (= admits (and (< (* down (- out 1)) in) (<= in (* down out))))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "half with an even extent admits each one pixel smaller")
(assert half)
(assert (= (mod extent 2) 0))
(assert (not (= admits (and (<= (* down (- out 1)) in) (< in (* down out))))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "full admits stride*(out-1) - extent + 2 and stride-1 more; with stride 1 out - extent + 1")
(assert full)
(assert (not (= admits (and (<= (+ (- (* down (- out 1)) extent) 2) in)
                            (<= in (+ (- (* down out) extent) 1))))))
(set-info :status unsat)
(check-sat)
(pop 1)
