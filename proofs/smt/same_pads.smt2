; same_pads: SAME pads are 0 or more, differ by at most one, and are never wider than the kernel's reach.
;
; SAME splits its total padding in halves; an odd pixel goes to the end (SAME, SAME_UPPER) or to the beginning
; (SAME_LOWER). Three facts that decoders lean on:
;
;   begin and end differ by at most 1, so one symmetric `padding` number cannot say SAME when the total is odd;
;   both are at most extent-1: no window lies wholly in the padding, and the transposed convolution, which puts
;   extent-1-begin and extent-1-end zeros around its code, never has to crop;
;   the size lost to rounding, in - (natural - begin - end), which PyTorch would call output_padding, is a legal one,
;   0 .. stride-1, and 0 wherever SAME pads at all.
;
; Try it: in = 8, stride 2, taps = 3: out = 4, total = 3*2+3-8 = 1: begin 0, end 1. PyTorch needs padding = 0 in front
; and 1 behind, or padding = 1 and a shift by one pixel: same shapes, different values.
;
; The bound holds for integer strides only: with up = 3, down = 1 and taps = 1, SAME pads the 1-pixel image by 2, which
; is more than extent-1 = 0. That is why up does not appear here.
;
; The proof: down*(out-1) < in, so the total is less than extent; half of it, rounded up, is at most extent-1.
(set-logic QF_NIA)
(set-info :statement "SAME pads differ by at most 1, lie in 0 .. extent-1, and lose 0 .. stride-1 pixels")
(set-info :claims "shape")

(declare-const in Int)
(declare-const out Int)
(declare-const down Int)
(declare-const extent Int)
(declare-const surplus Int)     ; what rounding up adds

(assert (>= down 1))
(assert (>= extent 1))          ; taps >= 1
(assert (= (* down out) (+ in surplus)))    ; out = ceil(in / down)
(assert (<= 0 surplus))
(assert (< surplus down))

(define-fun missing () Int (- (+ (* (- out 1) down) extent) in))
(define-fun total () Int (ite (> missing 0) missing 0))
(define-fun begin () Int (div total 2))             ; pads_of in conventions/axis_rules.cpp, rule same;
(define-fun end () Int (- total (div total 2)))     ; for same_lower exchange the names
(define-fun natural () Int (+ (* (- out 1) down) extent))
(define-fun output_padding () Int (- in (- natural begin end)))

(push 1)
(assert (= in 8))
(assert (= out 4))
(assert (= down 2))
(assert (= extent 3))
(assert (= begin 0))
(assert (= end 1))
(set-info :status sat)
(check-sat)
(pop 1)

; The other case: a stride longer than the kernel, no padding, pixels lost.
(push 1)
(assert (< extent down))
(assert (> extent 1))
(assert (> output_padding 0))
(assert (> out 2))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "0 <= begin <= end <= begin + 1")
(assert (not (and (<= 0 begin) (<= begin end) (<= end (+ begin 1)))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "both pads are at most extent-1, so the stretched code is never cropped")
(assert (not (and (<= 0 (- (- extent 1) begin)) (<= 0 (- (- extent 1) end)))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "the output_padding of SAME is legal")
(assert (not (and (<= 0 output_padding) (< output_padding down))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "and 0 wherever SAME pads")
(assert (> total 0))
(assert (not (= output_padding 0)))
(set-info :status unsat)
(check-sat)
(pop 1)
