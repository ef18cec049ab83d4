; even_half_keeps_size: padding by half the kernel keeps the size.
;
; "Pad by k/2 and the size stays."  For odd kernels, k = 2p+1, it does ([DV16] relation 3). An even kernel has no
; middle: p = k/2 on both sides is one pixel too many in all, and p = k/2 - 1 one too few. Only an uneven padding
; keeps the size, and then the values are shifted by half a pixel. With dilation it is the extent dilation*(taps-1)+1
; that must be odd.
; Where one meets it: Theano's border_mode "half"; SAME in systems that pad both sides alike (pytorch#3867).
; True instead: with half padding and stride 1 the code has in + 1 pixels where the extent is even.
(set-logic QF_NIA)
(set-info :belief "half padding keeps the size")
(set-info :source "[DV16] relation 3")

(declare-const in Int)
(declare-const taps Int)
(declare-const dilation Int)

(define-fun extent () Int (+ (* dilation (- taps 1)) 1))
(define-fun half () Int (div extent 2))
(define-fun code_size () Int (+ (- (+ in half half) extent) 1))

(assert (and (>= in 1) (>= taps 1) (>= dilation 1)))

; The hypotheses can be true together, and odd kernels keep the size.
(push 1)
(assert (and (>= taps 2) (= code_size in)))
(set-info :status sat)
(check-sat)
(pop 1)

; The code has another size than the image.
(push 1)
(assert (not (= code_size in)))
(set-info :status sat)
(check-sat)
(get-value (in taps dilation))
(pop 1)
