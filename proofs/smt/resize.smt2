; resize: a filter that is a multiple of the box upsamples by repeating pixels, and convolves then.
;
; Let w = q * (1 + z + ... + z^(down-1)): tap k of w is the sum of the q_j with k = j + r, 0 <= r < down. The transposed
; convolution by w then adds q_j * y_o wherever (o, i, j + r) is a tap. Nearest-neighbour upsampling repeats code pixel o
; at the positions p = down*o + r. This file says that these are the products q_j * nearest(y)_p of a transposed
; convolution with stride 1/up and the same padding, each once; that seen as an ordinary convolution it has
; taps - down - pad pixels of padding in front (negative: that many are cropped) and the same of the end's padding behind;
; and that this gives as many pixels as there were. That equal phase sums are exactly the multiples of the box, and that
; equal products make equal sums, is proofs/coq/Checkerboard.v. A filter shorter than the stride has no q: nothing holds.
;
; Try it: k4 s2 p1 is nearest upsampling by 2 and a 3-tap convolution with padding 4 - 2 - 1 = 1, which keeps the size.
; k3 s2 p1: 2 taps, no padding in front, and behind 1 where output_padding is 1. k2 s2: one tap.
(set-logic QF_NIA)
(set-info :statement "q times the box: nearest upsampling, then taps-down+1 taps padded by taps-down-pad")
(set-info :claims "resize")
(set-info :source "[ODO16]; Sugawara, Shiota, Kiya 2018 (arXiv 1806.02658)")

(declare-const in Int)
(declare-const out Int)
(declare-const taps Int)
(declare-const down Int)
(declare-const up Int)
(declare-const pad Int)
(declare-const pad_end Int)
(declare-const o Int)
(declare-const i Int)
(declare-const j Int)           ; a tap of q
(declare-const r Int)           ; a power of the box
(declare-const p Int)           ; a pixel of the upsampled code

(define-fun dilation () Int 1)
(define-fun rational_tap ((o Int) (i Int) (k Int)) Bool
  (and (<= 0 i) (< i in) (<= 0 o) (< o out) (<= 0 k) (< k taps)
       (= (* up i) (- (+ (* down o) (* dilation k)) pad))))

(define-fun left () Int (+ (- taps down) 1))                   ; the taps of q
(define-fun plain_tap ((p Int) (i Int) (j Int)) Bool
  (and (<= 0 i) (< i in) (<= 0 p) (< p (* down out)) (<= 0 j) (< j left)
       (= (* up i) (- (+ p j) pad))))

(assert (and (>= down 1) (>= up 1)))

; k3 s2, both powers of the box.
(push 1)
(assert (= down 2))
(assert (= taps 3))
(assert (= r 1))
(assert (= o 1))
(assert (= p (+ (* down o) r)))
(assert (plain_tap p i j))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "position down*o + r holds code pixel o: quotient and remainder of a division")
(assert (= p (+ (* down o) r)))
(assert (and (<= 0 r) (< r down)))
(assert (not (and (= o (div p down)) (= r (mod p down)))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "the products are the same: tap j + r of pixel o is tap j of position down*o + r")
(assert (= p (+ (* down o) r)))
(assert (and (<= 0 r) (< r down)))
(assert (and (<= 0 j) (< j left)))
(assert (not (= (rational_tap o i (+ j r)) (plain_tap p i j))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "as an ordinary convolution: q backwards, stride up, padding taps - down - pad in front")
(assert (not (= (= (* up i) (- (+ p j) pad))
                (= p (- (+ (* up i) (- left 1 j)) (- (- taps down) pad))))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "up = 1: with taps - down - pad_end behind, as many windows fit as the image has pixels")
(assert (= in (- (+ (* down (- out 1)) taps) pad pad_end)))
(assert (not (= in (+ (- (+ (* down out) (- (- taps down) pad) (- (- taps down) pad_end)) left) 1))))
(set-info :status unsat)
(check-sat)
(pop 1)
