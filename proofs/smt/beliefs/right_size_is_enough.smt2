; right_size_is_enough: PyTorch's padding and output_padding that give SAME's size give SAME's values.
;
; "To port a SAME layer, find a padding and an output_padding with the right output shape."  PyTorch cuts `padding`
; pixels from both ends and gives back output_padding of them at the end, so what it cuts in front is never less than
; behind. SAME does it the other way round. Where taps - stride is odd (k3 s2, k5 s2, k4 s3) no such pair exists: k3
; s2 p1 with output_padding=1 has the right shape and every value is one pixel off.
; Where one meets it: pytorch#3867, #80301; keras PR 22876 (right shape, values shifted by one pixel).
; True instead: cut the odd pixel yourself: padding 0, then drop floor(total/2) pixels in front and the others behind.
(set-logic QF_NIA)
(set-info :belief "padding and output_padding that give SAME's size give SAME's values")
(set-info :source "pytorch#3867, pytorch#80301")

(declare-const out Int)
(declare-const taps Int)
(declare-const down Int)
(declare-const dilation Int)
(declare-const padding Int)
(declare-const output_padding Int)

(define-fun extent () Int (+ (* dilation (- taps 1)) 1))
(define-fun in () Int (* down out))
(define-fun total () Int (- (+ (* down (- out 1)) extent) in))
(define-fun same_pad () Int (div total 2))

(assert (and (>= out 1) (>= taps 1) (>= down 1) (>= dilation 1)))
(assert (>= total 0))                           ; every pixel is read
(assert (or (= down 1) (= dilation 1)))         ; Keras refuses stride and dilation together
; PyTorch's layer returns to the same size.
(assert (and (>= padding 0) (<= 0 output_padding) (< output_padding down)))
(assert (= in (+ (- (+ (* down (- out 1)) extent) padding padding) output_padding)))

; The hypotheses can be true together, and k4 s2 p1 is SAME.
(push 1)
(assert (and (= taps 4) (= down 2) (= padding same_pad)))
(set-info :status sat)
(check-sat)
(pop 1)

; The sizes are equal, but the first pixels are not the same.
(push 1)
(assert (not (= padding same_pad)))
(set-info :status sat)
(check-sat)
(get-value (out taps down dilation padding output_padding))
(pop 1)
