; sub_pixel: a transposed convolution with stride s is s^N small convolutions and a shuffle.
;
; Shi et al.'s sub-pixel convolution: compute all values of an s x s block of the result as s^2 channels of the small
; code, then move the channels to their places. Let the filter have down*small taps (a shorter one is filled up with
; zeros) and let  w_phi[a] = w[down*a + phi].  The shuffle puts value q of channel phi at image pixel i with
; i + pad = down*q + phi, and then
;
;     image[i] = sum over a of  w_phi[a] * code[q - a]:      an ordinary dense convolution with `small` taps.
;
; So the learned upsampling of a super-resolution network and that of a convolutional decoder are the same map; they
; differ in the order of their weights. Checkerboards included: w_0 and w_1 are different filters.
;
; Try it: stride 2, taps = 4, pad 0: w_0 = (w[0], w[2]), w_1 = (w[1], w[3]). Pixel 7 = 2*3 + 1 is w[1]*code[3] +
; w[3]*code[2].
;
; The proof: write k = down*a + phi. Every k is of this form in exactly one way, and every pixel in exactly one block.
(set-logic QF_NIA)
(set-info :statement "w_phi[a] = w[down*a+phi]: `down` dense convolutions per axis and a shuffle are W^T")
(set-info :claims "sub-pixel fractional")
(set-info :source "[SHI16] section 2.2 and its companion 1609.07009")

(declare-const in Int)
(declare-const out Int)
(declare-const taps Int)
(declare-const down Int)
(declare-const dilation Int)
(declare-const pad Int)
(declare-const o Int)
(declare-const i Int)
(declare-const k Int)
(declare-const small Int)       ; taps of every phase
(declare-const q Int)           ; pixel of the code's grid,
(declare-const phi Int)         ; and which of its `down` channels
(declare-const a Int)

(define-fun tap ((o Int) (i Int) (k Int)) Bool
  (and (<= 0 i) (< i in) (<= 0 o) (< o out) (<= 0 k) (< k taps)
       (= i (- (+ (* down o) (* dilation k)) pad))))

(assert (= dilation 1))                     ; the dense filter of the paper
(assert (= taps (* down small)))
(assert (= (+ i pad) (+ (* down q) phi)))   ; the shuffle
(assert (<= 0 phi))
(assert (< phi down))

; What products.smt2 proves about multiples: those of `down` lie at least `down` apart. Asserted where a goal needs it.
(define-fun apart ((n Int)) Bool
  (=> (and (< (- down) (* down n)) (< (* down n) down)) (= n 0)))

; Pixel 7 of the example.
(push 1)
(assert (= down 2))
(assert (= taps 4))
(assert (= pad 0))
(assert (= i 7))
(assert (= q 3))
(assert (= phi 1))
(assert (tap 2 7 3))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "every tap of a phase's convolution is a tap of the transposed one")
(assert (<= 0 i))
(assert (< i in))
(assert (<= 0 a))
(assert (< a small))
(assert (<= 0 (- q a)))
(assert (< (- q a) out))
(assert (>= (* down a) 0))                      ; no negative factors (signs, products.smt2)
(assert (>= (* down (- (- small 1) a)) 0))
(assert (not (tap (- q a) i (+ (* down a) phi))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "and every tap of the transposed one is a tap of one phase: k = down*a + phi for a = q - o")
(assert (tap o i k))
(assert (= a (- q o)))
(assert (not (and (<= 0 a) (< a small) (= k (+ (* down a) phi)))))
(set-info :status unsat)
(check-sat)
(pop 1)

; The shuffle loses and doubles nothing.
(push 1)
(declare-const q_2 Int)
(declare-const phi_2 Int)
(set-info :goal "the shuffle is one to one: a pixel has one q and one phi")
(assert (= (+ i pad) (+ (* down q_2) phi_2)))
(assert (<= 0 phi_2))
(assert (< phi_2 down))
(assert (apart (- q q_2)))
(assert (not (and (= q q_2) (= phi phi_2))))
(set-info :status unsat)
(check-sat)
(pop 1)

; Two axes: a channel for every pair of phases, numbered down*phi + phi_y; first that there is such a pair.
(push 1)
(declare-const phi_y Int)
(assert (<= 0 phi_y))
(assert (< phi_y down))
(assert (= (+ (* down phi) phi_y) 5))
(assert (= down 3))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(declare-const phi_y Int)
(set-info :goal "s^2 channels on a plane: 0 <= down*phi + phi_y < down^2")
(assert (<= 0 phi_y))
(assert (< phi_y down))
(assert (>= (* down phi) 0))                    ; no negative factors
(assert (>= (* down (- (- down 1) phi)) 0))
(assert (not (and (<= 0 (+ (* down phi) phi_y)) (< (+ (* down phi) phi_y) (* down down)))))
(set-info :status unsat)
(check-sat)
(pop 1)
