; divisible_kernel_is_even: a kernel that the stride divides makes no checkerboard.
;
; [ODO16]'s advice, and half of it: where the stride divides the kernel, every pixel gets as many taps. What a flat code
; gives a pixel is the sum of these taps, and as many numbers need not have the same sum: with k2 s2 the image of ones is
; w0 w1 w0 w1 ... So the pattern of the untrained layer is weaker, and training may bring any pattern back.
; Where one meets it: "use kernel 4 with stride 2"; icenet-mp#276, #277, where it was not enough.
; True instead: equal phase sums, that is: the filter is a multiple of 1 + z + ... + z^(s-1) (`fsconv smooth`).
(set-logic QF_NIA)
(set-info :belief "where the stride divides the kernel, a flat code gives a flat image")
(set-info :source "[ODO16]")

(declare-const taps Int)
(declare-const down Int)
(declare-const quotient Int)
(declare-const w0 Int)
(declare-const w1 Int)
(declare-const w2 Int)
(declare-const w3 Int)

; Filters of up to four taps.
(define-fun w ((k Int)) Int (ite (= k 0) w0 (ite (= k 1) w1 (ite (= k 2) w2 (ite (= k 3) w3 0)))))
(define-fun of_phase ((k Int) (r Int)) Int (ite (= (mod k down) r) (w k) 0))
(define-fun phase_sum ((r Int)) Int (+ (of_phase 0 r) (of_phase 1 r) (of_phase 2 r) (of_phase 3 r)))

(assert (and (>= taps 1) (<= taps 4) (>= down 1)))
(assert (= taps (* down quotient)))             ; the stride divides the kernel
; Taps are positive, so that all of them count; beyond the last one there is 0.
(define-fun there ((k Int)) Bool (ite (< k taps) (>= (w k) 1) (= (w k) 0)))
(assert (and (there 0) (there 1) (there 2) (there 3)))

; The hypotheses can be true together, and sums can be equal.
(push 1)
(assert (> down 1))
(assert (= (phase_sum 0) (phase_sum 1) (phase_sum (- down 1))))
(set-info :status sat)
(check-sat)
(pop 1)

; Two phases with different sums.
(push 1)
(assert (not (=> (> down 1) (= (phase_sum 0) (phase_sum 1)))))
(set-info :status sat)
(check-sat)
(get-value (taps down w0 w1 w2 w3))
(pop 1)
