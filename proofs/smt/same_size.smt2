; same_size: padded the SAME way, an image of `in` pixels has a code of ceil(up*in/down).
;
; SAME is the promise that sizes depend on the stride alone: ceil(in/stride), whatever the kernel. It is kept by padding
;
;     total = max((out-1)*down + extent - (up*(in-1)+1), 0),        out = ceil(up*in/down)
;
; that is, just enough for the last of `out` windows (same_total_padding in geometry/axis.cpp; TensorFlow's rule). To
; prove: with this padding, split in whatever way, exactly `out` windows fit. Where the total is positive the last
; window ends at the edge. Where the maximum is 0 the kernel is shorter than what the stride leaves over (taps = 1,
; stride 3), pixels at the end are read by nobody, and one has to see that there is still no room for one window more.
; (The maximum is for the values, not for the size: with a negative total, a crop, the size would be the same.)
;
; Try it: in = 7, stride 2, taps = 4: out = 4, total = 3*2 + 4 - 7 = 3; floor((7+3-4)/2) + 1 = 4.
; And in = 7, stride 3, taps = 1: out = 3, total = max(2*3 + 1 - 7, 0) = 0; floor((7-1)/3) + 1 = 3.
;
; The code size is written below with quotients: out is the one with  0 <= down*out - up*in < down.
(set-logic QF_NIA)
(set-info :statement "SAME padding gives a code of ceil(up*in/down) pixels for every kernel")
(set-info :claims "shape")
(set-info :source "[DV16] relation 6")

(declare-const in Int)
(declare-const out Int)
(declare-const down Int)
(declare-const up Int)
(declare-const extent Int)
(declare-const total Int)
(declare-const surplus Int)     ; what rounding up adds
(declare-const quotient Int)    ; of the division in code_size
(declare-const remainder Int)

(define-fun code_size () Int (+ (div (- (+ (* up (- in 1)) 1 total) extent) down) 1))
(define-fun missing () Int (- (+ (* (- out 1) down) extent) (+ (* up (- in 1)) 1)))

(assert (>= down 1))
(assert (>= up 1))              ; without it, up*in + 1 - up may exceed up*in, and with it the code
(assert (>= extent 1))          ; taps >= 1; a kernel of 0 pixels would fit once too often
(assert (= (* down out) (+ (* up in) surplus)))     ; out = ceil(up*in / down)
(assert (<= 0 surplus))
(assert (< surplus down))
(assert (= total (ite (> missing 0) missing 0)))
(assert (= (- (+ (* up (- in 1)) 1 total) extent) (+ (* down quotient) remainder)))
(assert (<= 0 remainder))
(assert (< remainder down))

(push 1)
(assert (= in 7))
(assert (= down 2))
(assert (= up 1))
(assert (= extent 4))
(assert (= out 4))
(assert (= total 3))
(set-info :status sat)
(check-sat)
(pop 1)

; The other case, with something missing that is negative, and a fraction.
(push 1)
(assert (> in 4))
(assert (> up 1))
(assert (> down up))
(assert (> extent 1))
(assert (< missing 0))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "padding needed: the last window ends at the edge")
(assert (> missing 0))
(assert (not (and (= quotient (- out 1)) (= remainder 0))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "no padding needed: `out` windows fit")
(assert (<= missing 0))
(assert (not (<= out (+ quotient 1))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "no padding needed: and no further one does")
(assert (<= missing 0))
(assert (not (<= (+ quotient 1) out)))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "code_size(in, begin, total - begin) = out, in one piece (division)")
(assert (not (= code_size out)))
(set-info :status unsat)
(check-sat)
(pop 1)
