; half_and_full: half padding with an odd kernel keeps the size, full padding adds extent-1, and both transpose well.
;
; Theano's words, older than SAME. half pads floor(extent/2) on both sides, full pads extent-1. With stride 1:
;
;   half, extent odd:   code = in          and its transpose pads half, too      ([DV16] relations 3 and 10)
;   half, extent even:  code = in + 1      one pixel too many: half is not SAME
;   full:               code = in + extent - 1   and its transpose pads nothing  ([DV16] relations 4 and 11)
;   valid:              code = in - extent + 1   and its transpose pads full     ([DV16] relations 1 and 8)
;
; With a stride, half and an odd extent still give ceil(in/stride), the size of SAME. The extent counts, not the number
; of taps: 2 taps with dilation 2 have the odd extent 3.
;
; Try it: in = 5, taps = 3: half pads 1 and 1, (5+2-3)+1 = 5. full pads 2 and 2, (5+4-3)+1 = 7 = 5 + 3 - 1.
(set-logic QF_NIA)
(set-info :statement "half with an odd extent: ceil(in/stride); full, stride 1: in+extent-1; transposes agree")
(set-info :claims "shape")
(set-info :source "[DV16] relations 1, 3, 4, 8, 10, 11")

(declare-const in Int)
(declare-const taps Int)
(declare-const down Int)
(declare-const dilation Int)
(declare-const extent Int)
(declare-const same Int)        ; ceil(in / down)
(declare-const surplus Int)

(define-fun half () Int (div extent 2))
(define-fun full () Int (- extent 1))
(define-fun code_size ((down Int) (pad Int)) Int (+ (div (- (+ in pad pad) extent) down) 1))
(define-fun transposed_pad ((pad Int)) Int (- (* dilation (- taps 1)) pad))     ; Axis::transposed

(assert (>= down 1))
(assert (= extent (+ (* dilation (- taps 1)) 1)))
(assert (= (* down same) (+ in surplus)))
(assert (<= 0 surplus))
(assert (< surplus down))

; An even number of taps with an odd extent.
(push 1)
(assert (= taps 2))
(assert (= (mod extent 2) 1))
(assert (= in 8))
(assert (= down 3))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "half, odd extent, stride 1: the size stays")
(assert (= (mod extent 2) 1))
(assert (not (= (code_size 1 half) in)))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "half, even extent, stride 1: one more")
(assert (= (mod extent 2) 0))
(assert (not (= (code_size 1 half) (+ in 1))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "half, odd extent, any stride: the size of SAME")
(assert (= (mod extent 2) 1))
(assert (not (= (code_size down half) same)))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "full, stride 1: extent-1 more")
(assert (not (= (code_size 1 full) (- (+ in extent) 1))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "the transpose of half (odd extent) pads half, of full nothing, of valid full")
(assert (= (mod extent 2) 1))
(assert (not (and (= (transposed_pad half) half)
                  (= (transposed_pad full) 0)
                  (= (transposed_pad 0) full))))
(set-info :status unsat)
(check-sat)
(pop 1)
