; overlap_is_even: a kernel at least as large as the stride covers every pixel alike.
;
; "The windows overlap, so no pixel is left out."  None is left out, but some get more than others: pixels of phase r
; (i + pad = r modulo down) are reached by the taps r, r + down, r + 2*down, ..., and there are as many for every r
; only if the stride divides the kernel. With k3 s2 the pixels get 1 and 2 taps in turn, in two dimensions 1, 2 and 4:
; the checkerboard of generated images, visible before any training.
; Where one meets it: [ODO16]; pytorch#63314 (s2 k1, where every second pixel gets nothing).
; True instead: even overlap where the stride divides the kernel (k4 s2), or resize first and convolve then.
(set-logic QF_NIA)
(set-info :belief "where the kernel is at least as large as the stride, every pixel gets as many taps")
(set-info :source "[ODO16]")

(declare-const taps Int)
(declare-const down Int)
(declare-const r Int)
(declare-const q Int)

; The taps k = r modulo down, for 0 <= r < down.
(define-fun reached ((r Int)) Int (+ (div (- taps 1 r) down) 1))

(assert (and (>= taps 1) (>= down 1)))
(assert (>= taps down))
(assert (and (<= 0 r) (< r q) (< q down)))

; The hypotheses can be true together, and where the stride divides the kernel the belief is right.
(push 1)
(assert (= (reached r) (reached q)))
(set-info :status sat)
(check-sat)
(pop 1)

; Two phases with different numbers of taps.
(push 1)
(assert (not (= (reached r) (reached q))))
(set-info :status sat)
(check-sat)
(get-value (taps down))
(pop 1)
