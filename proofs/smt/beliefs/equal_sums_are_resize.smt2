; equal_sums_are_resize: a two-dimensional filter with equal phase sums is a resize-convolution.
;
; Along one axis it is (proofs/coq/Checkerboard.v). Along two, stride 2 by 2, four sums are equal where three equations
; hold; a resize-convolution, nearest upsampling and a plain convolution behind it, needs equal sums along every row and
; along every column of the filter. With 2 x 3 taps three equations leave 3 of 6 numbers free, a resize-convolution has
; 1 x 2. So flat codes stay flat, and a code that is flat along one axis only, an edge, still gets a pattern along it.
; Where one meets it: the conditions of Sugawara, Shiota and Kiya, which are about flat codes.
; True instead: rows and columns by themselves (`fsconv smooth --onto resize`).
(set-logic QF_NIA)
(set-info :belief "a 2-D filter with equal phase sums is nearest upsampling and a convolution")
(set-info :source "Sugawara, Shiota, Kiya 2018 (arXiv 1806.02658)")

(declare-const taps_0 Int)      ; stride 2 along both axes
(declare-const taps_1 Int)
(declare-const w00 Int) (declare-const w01 Int) (declare-const w02 Int)
(declare-const w10 Int) (declare-const w11 Int) (declare-const w12 Int)
(declare-const w20 Int) (declare-const w21 Int) (declare-const w22 Int)

; What is beyond the last tap is 0. Turned or seen in a mirror it is the same filter: no more rows than columns.
(assert (and (>= taps_0 1) (<= taps_0 taps_1) (<= taps_1 3) (>= w00 w02)))
(assert (and (>= w00 0) (>= w01 0) (>= w02 0) (>= w10 0) (>= w11 0) (>= w12 0) (>= w20 0) (>= w21 0) (>= w22 0)))
(assert (=> (<= taps_0 2) (= 0 w20 w21 w22)))
(assert (=> (<= taps_0 1) (= 0 w10 w11 w12)))
(assert (=> (<= taps_1 2) (= 0 w02 w12 w22)))
(assert (=> (<= taps_1 1) (= 0 w01 w11 w21)))
; The four phase sums are equal, and not 0.
(assert (= (+ w00 w02 w20 w22) (+ w01 w21) (+ w10 w12) w11))
(assert (>= w11 1))

; 1 + z divides along both axes: every column has equal sums, and every row.
(define-fun resize () Bool
  (and (= (+ w00 w20) w10) (= (+ w01 w21) w11) (= (+ w02 w22) w12)
       (= (+ w00 w02) w01) (= (+ w10 w12) w11) (= (+ w20 w22) w21)))

; The hypotheses can be true together, and a resize-convolution is among them.
(push 1)
(assert resize)
(set-info :status sat)
(check-sat)
(pop 1)

; One that is none.
(push 1)
(assert (not resize))
(set-info :status sat)
(check-sat)
(get-value (taps_0 taps_1 w00 w01 w02 w10 w11 w12 w20 w21 w22))
(pop 1)
