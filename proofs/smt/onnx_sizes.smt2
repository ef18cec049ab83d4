; onnx_sizes: ConvTranspose leads back to the code size by pads, by auto_pad SAME and by any output_shape.
;
; ONNX has three ways to say the size (conv_transpose in conventions/onnx.cpp):
;
;   pads            in = natural + output_padding - begin - end
;   auto_pad SAME   in = out*stride, and then pads from   total = natural + output_padding - in, never below 0
;   output_shape    in as given, and then pads from the same total, which may be negative here
;
; SAME_UPPER puts floor(total/2) in front, everything else total - floor(total/2). With pads and with output_shape, Conv
; under the same pads gives out + floor(output_padding/stride). So *any* output_shape is accepted and comes back: the
; pads bend to it. Nothing tells a user who asked for 1000 pixels that most of them will be zeros.
;
; auto_pad SAME comes back, too, and without output_padding its pads are those of Conv with the same auto_pad: the
; clamp at 0 in shape inference is the maximum in SAME's own rule. With an output_padding the pads may differ, and
; values are then shifted against those of Conv.
;
; Try it: out = 4, stride 2, taps = 3. SAME_UPPER: in = 8, total = 9 - 8 = 1, begin 0; Conv of 8 pixels: total 1 and
; begin 0. With stride 3, taps = 2: in = 12, natural 11, total max(-1, 0) = 0.
(set-logic QF_NIA)
(set-info :statement "ONNX: pads, auto_pad SAME and any output_shape come back; SAME has the pads of Conv")
(set-info :claims "shape")
(set-info :source "ONNX operator ConvTranspose; onnx issue 1609")

(declare-const in Int)
(declare-const out Int)
(declare-const down Int)
(declare-const extent Int)          ; dilation*(taps-1) + 1
(declare-const output_padding Int)
(declare-const begin Int)
(declare-const end Int)
(declare-const more Int)            ; output_padding = down*more + rest
(declare-const rest Int)
(declare-const quotient Int)        ; of the division in code_size
(declare-const remainder Int)

(define-fun natural () Int (+ (* down (- out 1)) extent output_padding))
(define-fun max ((a Int) (b Int)) Int (ite (> a b) a b))
(define-fun upper ((total Int)) Int (div total 2))
(define-fun lower ((total Int)) Int (- total (div total 2)))

; auto_pad, and Conv's own SAME for an image of stride*out pixels, whose code has ceil(stride*out/stride) = out pixels.
(define-fun auto_total () Int (max (- natural in) 0))
(define-fun conv_total () Int (max (- (+ (* (- out 1) down) extent) in) 0))

(assert (>= down 1))
(assert (= output_padding (+ (* down more) rest)))
(assert (<= 0 rest))
(assert (< rest down))
(assert (= (- (+ in begin end) extent) (+ (* down quotient) remainder)))
(assert (<= 0 remainder))
(assert (< remainder down))

; What products.smt2 proves about multiples: those of `down` lie at least `down` apart. Asserted where a goal needs it.
(define-fun apart ((n Int)) Bool
  (=> (and (< (- down) (* down n)) (< (* down n) down)) (= n 0)))

; SAME_UPPER of the example, with its pads.
(push 1)
(assert (= out 4))
(assert (= down 2))
(assert (= extent 3))
(assert (= output_padding 0))
(assert (= in 8))
(assert (= begin (upper auto_total)))
(assert (= end (lower auto_total)))
(assert (= end 1))
(assert (= quotient 3))
(set-info :status sat)
(check-sat)
(pop 1)

; An output_shape far too large, with negative pads.
(push 1)
(assert (= out 4))
(assert (= down 2))
(assert (= extent 3))
(assert (= in 1000))
(assert (= begin (lower (- natural in))))
(assert (= end (upper (- natural in))))
(assert (< begin 0))
(assert (= quotient 3))
(set-info :status sat)
(check-sat)
(pop 1)

; auto_pad SAME with an output_padding: a pad in front that Conv does not have.
(push 1)
(assert (= in (* out down)))
(assert (> output_padding 0))
(assert (< output_padding down))
(assert (distinct (upper auto_total) (upper conv_total)))
(set-info :status sat)
(check-sat)
(pop 1)

; Pads: the first line of the table. output_shape follows, since its pads are made to satisfy the same equation.
(push 1)
(set-info :goal "pads: Conv gives out + floor(output_padding/stride)")
(assert (apart (- (+ quotient 1) (+ out more))))
(assert (= in (- natural begin end)))
(assert (not (= (+ quotient 1) (+ out more))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "pads: Conv gives out + floor(output_padding/stride) (division)")
(assert (= in (- natural begin end)))
(assert (apart (- (+ (div (- (+ in begin end) extent) down) 1) (+ out (div output_padding down)))))
(assert (not (= (+ (div (- (+ in begin end) extent) down) 1) (+ out (div output_padding down)))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "output_shape: both ways of splitting give pads that satisfy in = natural - begin - end")
(assert (not (and (= in (- natural (upper (- natural in)) (lower (- natural in))))
                  (<= 0 (- (lower (- natural in)) (upper (- natural in))))
                  (<= (- (lower (- natural in)) (upper (- natural in))) 1))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "auto_pad SAME without output_padding: the total of Conv, so the same pads, upper and lower")
(assert (= in (* out down)))
(assert (= output_padding 0))
(assert (not (= auto_total conv_total)))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "auto_pad SAME: that total is max(extent - stride, 0), and comes back")
(assert (= in (* out down)))
(assert (= output_padding 0))
(assert (>= extent 1))
(assert (= (+ begin end) auto_total))
(assert (not (and (= auto_total (max (- extent down) 0)) (= (+ quotient 1) out))))
(set-info :status unsat)
(check-sat)
(pop 1)
