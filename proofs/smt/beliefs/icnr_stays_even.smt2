; icnr_stays_even: a filter that begins without a checkerboard trains without one.
;
; ICNR sets all sub-filters of a sub-pixel convolution equal, so it begins as nearest upsampling: k = s equal taps, or
; any filter with equal phase sums. One step of gradient descent moves w by the weight gradient, whose phases see
; different pixels of the target: with k2 s2, a code pixel y, a target t of two pixels, the loss |x - t|^2/2 and rate 1,
; w_k becomes w_k - y*(w_k*y - t_k), and the two taps are equal again only where the two target pixels are.
; Where one meets it: [AIT17], whose ICNR is a start and no constraint.
; True instead: only what is repeated after every step, or a layer that can be nothing else (resize, then convolve),
; stays even.
(set-logic QF_NIA)
(set-info :belief "a layer that starts with equal phase sums (ICNR) keeps them while it is trained")
(set-info :source "[AIT17] arXiv 1707.02937")

(declare-const y Int)           ; the code's one pixel
(declare-const w Int)           ; both taps
(declare-const t0 Int)          ; the target's two pixels
(declare-const t1 Int)

; One step of gradient descent with rate 1 on |x - t|^2/2, where x_k = w_k*y: dL/dw_k = y*(x_k - t_k).
(define-fun stepped ((t Int)) Int (- w (* y (- (* w y) t))))

(assert (and (>= w 1) (>= y 1) (>= t0 0) (>= t1 0)))

; A flat target keeps the taps equal.
(push 1)
(assert (= (stepped t0) (stepped t1)))
(set-info :status sat)
(check-sat)
(pop 1)

; After the step they differ.
(push 1)
(assert (not (= (stepped t0) (stepped t1))))
(set-info :status sat)
(check-sat)
(get-value (y w t0 t1))
(pop 1)
