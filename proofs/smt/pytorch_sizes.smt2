; pytorch_sizes: ConvTranspose inverts Conv's size for output_padding < stride, and cannot say every SAME.
;
; PyTorch's words: one `padding` for both sides, and output_padding. The size is
;
;     in = down*(out-1) + extent - 2*padding + output_padding         (conv_transpose in conventions/pytorch.cpp)
;
; and the geometry pads `padding` in front. PyTorch admits output_padding below the larger of stride and dilation. Only
; the stride counts: what exceeds it is a whole window more, and Conv gives out + floor(output_padding / stride). The
; other way to name the size, output_size, is held to stride many values, and each of these comes back.
;
; Try it: taps = 3, stride 2, padding 1, out = 14: 26 + 3 - 2 = 27, with output_padding 1 it is 28; Conv gives
; floor((28+2-3)/2) + 1 = 14. With stride 1 and dilation 2, output_padding 1 is admitted, but Conv gives one more.
;
; The last goal is why people ask for padding='same' in vain: SAME with an odd total cuts one pixel more behind than in
; front; with `padding` taken from the front, output_padding would have to be -1.
(set-logic QF_NIA)
(set-info :statement "PyTorch: Conv(ConvTranspose) has size out + floor(output_padding/stride)")
(set-info :claims "shape")
(set-info :source "torch.nn.ConvTranspose2d; pytorch issues 3867 and 8816")

(declare-const in Int)
(declare-const out Int)
(declare-const taps Int)
(declare-const down Int)
(declare-const dilation Int)
(declare-const extent Int)
(declare-const padding Int)
(declare-const output_padding Int)
(declare-const more Int)            ; output_padding = down*more + rest
(declare-const rest Int)
(declare-const quotient Int)        ; of the division in code_size
(declare-const remainder Int)

(define-fun natural () Int (+ (* down (- out 1)) extent))
(define-fun smallest () Int (- natural (* 2 padding)))
(define-fun limit () Int (ite (> down dilation) down dilation))
(define-fun code_size () Int (+ (div (- (+ in padding padding) extent) down) 1))

(assert (>= down 1))
(assert (= extent (+ (* dilation (- taps 1)) 1)))
(assert (= in (+ smallest output_padding)))
(assert (= output_padding (+ (* down more) rest)))
(assert (<= 0 rest))
(assert (< rest down))
(assert (= (- (+ in padding padding) extent) (+ (* down quotient) remainder)))
(assert (<= 0 remainder))
(assert (< remainder down))

; What products.smt2 proves about multiples: those of `down` lie at least `down` apart. Asserted where a goal needs it.
(define-fun apart ((n Int)) Bool
  (=> (and (< (- down) (* down n)) (< (* down n) down)) (= n 0)))

; 14 -> 28 -> 14.
(push 1)
(assert (= taps 3))
(assert (= down 2))
(assert (= dilation 1))
(assert (= padding 1))
(assert (= output_padding 1))
(assert (= out 14))
(assert (= in 28))
(assert (= code_size 14))
(set-info :status sat)
(check-sat)
(pop 1)

; PyTorch admits an output_padding that does not come back.
(push 1)
(assert (<= 0 output_padding))
(assert (< output_padding limit))
(assert (> more 0))
(assert (> taps 1))
(assert (distinct code_size out))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "Conv gives out + floor(output_padding/stride)")
(assert (apart (- code_size (+ out more))))
(assert (not (= code_size (+ out more))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "Conv gives out + floor(output_padding/stride) (quotient and remainder)")
(assert (apart (- (+ quotient 1) (+ out more))))
(assert (not (= (+ quotient 1) (+ out more))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "which is `out` exactly where 0 <= output_padding < stride")
(assert (not (= (= more 0) (and (<= 0 output_padding) (< output_padding down)))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "output_size: the admitted sizes are exactly those that come back")
(assert (not (= (and (<= smallest in) (<= in (+ smallest (- down 1)))) (= more 0))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "the geometry's pads: `padding` in front, padding - output_padding behind")
(assert (not (= (- (- (+ (* down (- out 1)) extent) 1) padding (- in 1)) (- padding output_padding))))
(set-info :status unsat)
(check-sat)
(pop 1)

; SAME of an image of `in` pixels: total = natural - in cut, floor(total/2) of them in front. First that it can be odd.
(push 1)
(assert (> (- natural in) 0))
(assert (= (mod (- natural in) 2) 1))
(assert (= padding (div (- natural in) 2)))
(assert (= down 2))
(assert (= taps 3))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "SAME with an odd total would need output_padding = -1")
(assert (= (mod (- natural in) 2) 1))
(assert (= padding (div (- natural in) 2)))
(assert (not (= output_padding (- 1))))
(set-info :status unsat)
(check-sat)
(pop 1)
