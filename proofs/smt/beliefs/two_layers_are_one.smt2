; two_layers_are_one: two convolutions without anything between them are one convolution.
;
; "Convolution after convolution is a convolution: the strides multiply, the filters are convolved."  True without
; padding in the second layer. The padding of the second layer stands around the result of the first and is zero; the
; one large filter would compute, in its place, what the first layer gives on windows that hang over its image's edge.
; The border differs, the interior does not. The same for the two transposed convolutions of a decoder.
; Where one meets it: folding layers for speed; "two 3x3 are one 5x5".
; True instead: with pad_2 = 0 the two are one layer of stride down_1*down_2 and padding pad_1.
(set-logic QF_NIA)
(set-info :belief "two padded convolutions in a row are one convolution")

(declare-const in Int)
(declare-const taps_1 Int)
(declare-const down_1 Int)
(declare-const dilation_1 Int)
(declare-const pad_1 Int)
(declare-const taps_2 Int)
(declare-const down_2 Int)
(declare-const dilation_2 Int)
(declare-const pad_2 Int)
(declare-const o Int)
(declare-const k_1 Int)
(declare-const k_2 Int)

(define-fun code_size ((size Int) (taps Int) (down Int) (dilation Int) (pad Int)) Int
  (+ (div (- (+ size pad pad) (+ (* dilation (- taps 1)) 1)) down) 1))
(define-fun middle () Int (code_size in taps_1 down_1 dilation_1 pad_1))
(define-fun out () Int (code_size middle taps_2 down_2 dilation_2 pad_2))

; Tap k_2 of code pixel o reads pixel m of the middle, and tap k_1 of that reads pixel i of the image.
(define-fun m () Int (- (+ (* down_2 o) (* dilation_2 k_2)) pad_2))
(define-fun i () Int (- (+ (* down_1 m) (* dilation_1 k_1)) pad_1))

(assert (and (>= in 1) (>= taps_1 1) (>= down_1 1) (>= dilation_1 1) (>= pad_1 0)))
(assert (and (>= taps_2 1) (>= down_2 1) (>= dilation_2 1) (>= pad_2 0)))
(assert (and (>= middle 1) (>= out 1)))
; The pair of taps counts in the one large filter: it joins a code pixel to a pixel of the image.
(assert (and (<= 0 o) (< o out) (<= 0 k_1) (< k_1 taps_1) (<= 0 k_2) (< k_2 taps_2)))
(assert (and (<= 0 i) (< i in)))

; The hypotheses can be true together, with m inside.
(push 1)
(assert (and (>= pad_2 1) (<= 0 m) (< m middle)))
(set-info :status sat)
(check-sat)
(pop 1)

; A pair of taps that counts in one layer and not in two: m lies in the padding.
(push 1)
(assert (not (and (<= 0 m) (< m middle))))
(set-info :status sat)
(check-sat)
(get-value (in taps_1 down_1 dilation_1 pad_1 taps_2 down_2 dilation_2 pad_2))
(pop 1)
