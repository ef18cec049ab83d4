; even_overlap: the stride must divide the kernel, and share no factor with the dilation, for an even overlap.
;
; The checkerboard of decoders: with stride 2 and 3 taps, even pixels collect 2 products and odd ones 1, so before any
; training a constant code is painted as a pattern 2, 1, 2, 1. Odena, Dumoulin and Olah's advice is to let the stride
; divide the kernel. Counted: a phase whose first tap is f has the taps f, f + step, f + 2*step, ... below `taps`,
; step = down/gcd(down, dilation) (dilated_polyphase.smt2), that is ceil((taps - f)/step) of them.
;
;   gcd = 1 and down divides taps:   every phase has taps/down             even
;   gcd = 1 and it does not:         phase 0 has one more than the last    uneven
;   gcd > 1:                         residue 0 has tap 0, residue 1 none   uneven, whatever the number of taps
;
; With gcd = 1 every first tap 0 .. down-1 belongs to a phase, f to that of residue dilation*f modulo down. And every
; residue of up*i + pad occurs among the pixels where up and down have no common factor. Where they have one, all this
; is true of the axis in lowest terms and of the taps that meet pixels (lowest_terms.smt2).
;
; Try it: stride 2. taps = 4: ceil(4/2) = 2 and ceil(3/2) = 2. taps = 3: ceil(3/2) = 2 and ceil(2/2) = 1. Dilation 2
; with stride 2: all taps fall on pixels of one parity, the others stay empty.
(set-logic QF_NIA)
(set-info :statement "coprime to the dilation and dividing the taps: each residue gets taps/stride; else uneven")
(set-info :claims "overlap")
(set-info :source "[ODO16]")

(declare-const taps Int)
(declare-const down Int)
(declare-const first_tap Int)
(declare-const j Int)
(declare-const whole Int)       ; taps = down*whole + over
(declare-const over Int)

(define-fun count ((first_tap Int)) Int (- (div (- first_tap taps) down)))  ; ceil((taps - first_tap) / down)

(assert (>= down 1))
(assert (>= taps 1))
(assert (<= 0 first_tap))       ; it is a remainder modulo the step, which is `down` here: gcd = 1
(assert (< first_tap down))
(assert (= taps (+ (* down whole) over)))
(assert (<= 0 over))
(assert (< over down))

; Three taps, stride 2: 2, 1, 2, 1.
(push 1)
(assert (= down 2))
(assert (= taps 3))
(assert (= (count 0) 2))
(assert (= (count 1) 1))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "count: tap first_tap + down*j exists exactly for 0 <= j < ceil((taps - first_tap)/down)")
(assert (not (= (and (<= 0 (+ first_tap (* down j))) (< (+ first_tap (* down j)) taps))
                (and (<= 0 j) (< j (count first_tap))))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "the stride divides the taps: every phase has taps/down")
(assert (= over 0))
(assert (not (= (count first_tap) whole)))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "it does not: the first phase has one more ...")
(assert (> over 0))
(assert (not (= (count 0) (+ whole 1))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(set-info :goal "... than the last")
(assert (> over 0))
(assert (not (= (count (- down 1)) whole)))
(set-info :status unsat)
(check-sat)
(pop 1)

; A common factor. Here residue is up*i + pad modulo down, and a tap needs dilation*k = residue modulo down.
(push 1)
(declare-const dilation Int)
(declare-const common Int)
(declare-const dense Int)
(declare-const step Int)
(assert (> common 1))
(assert (= dilation (* common dense)))
(assert (= down (* common step)))
(assert (> dense 1))
(assert (> step 1))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(declare-const common Int)
(declare-const dense Int)       ; dilation = common*dense
(declare-const step Int)        ; down = common*step
(declare-const k Int)
(declare-const n Int)
(set-info :goal "a common factor of stride and dilation: dilation*k - down*n is a multiple of it ...")
(assert (not (= (- (* (* common dense) k) (* (* common step) n))
                (* common (- (* dense k) (* step n))))))
(set-info :status unsat)
(check-sat)
(pop 1)

(push 1)
(declare-const common Int)
(declare-const multiple Int)
(set-info :goal "... and so is never 1: no tap has residue 1")
(assert (> common 1))
(assert (= (* common multiple) 1))
(set-info :status unsat)
(check-sat)
(pop 1)

; gcd = 1 again: every first tap occurs. Whoever wants f asks for residue = dilation*f modulo down. First an example.
(push 1)
(declare-const dilation Int)
(declare-const inverse Int)
(declare-const b Int)
(assert (= (* inverse dilation) (+ 1 (* down b))))
(assert (> dilation 1))
(assert (> inverse 1))
(assert (= down 5))
(assert (= first_tap 3))
(set-info :status sat)
(check-sat)
(pop 1)

(push 1)
(declare-const dilation Int)
(declare-const inverse Int)     ; inverse*dilation = 1 + down*b
(declare-const b Int)
(declare-const residue Int)
(declare-const n Int)
(set-info :goal "no common factor: residue dilation*f has the first tap f")
(assert (= (* inverse dilation) (+ 1 (* down b))))
(assert (= (* dilation first_tap) (+ (* down n) residue)))
(assert (= (* first_tap (* inverse dilation)) (* first_tap (+ 1 (* down b)))))      ; both, multiplied
(assert (= (* inverse (* dilation first_tap)) (* inverse (+ (* down n) residue))))
(assert (not (= (* residue inverse) (+ (* down (- (* first_tap b) (* inverse n))) first_tap))))
(set-info :status unsat)
(check-sat)
(pop 1)
