; division_truncates: the division of C++ is the floor of the formula.
;
; "The code has floor((in + 2p - k)/s) + 1 pixels, and integer division is the floor."  In Python it is; in C, C++,
; Java and Rust it truncates towards zero. They differ where the filter is longer than the padded image: the formula
; says that no window fits, the program allocates one code pixel and reads beyond the image. Here is the smallest such
; case. SMT-LIB's own div is Euclidean, for positive divisors the floor.
; Where one meets it: size checks that accept a kernel larger than its image; col2im windows under negative padding.
; True instead: fsconv's floor_div(), and a code size below 1 is refused.
(set-logic QF_NIA)
(set-info :belief "integer division of C++ is the floor in the size formula")

(declare-const in Int)
(declare-const taps Int)
(declare-const down Int)
(declare-const dilation Int)
(declare-const pad Int)
(declare-const pad_end Int)

(define-fun extent () Int (+ (* dilation (- taps 1)) 1))
(define-fun room () Int (- (+ in pad pad_end) extent))
; C++: the quotient of the absolute values, then the sign.
(define-fun truncated ((a Int) (b Int)) Int (ite (<= 0 a) (div a b) (- (div (- a) b))))

(assert (and (>= in 1) (>= taps 1) (>= down 1) (>= dilation 1)))
(assert (and (>= pad 0) (>= pad_end 0)))

; The hypotheses can be true together, and where the filter fits the two agree.
(push 1)
(assert (and (>= room 1) (= (truncated room down) (div room down))))
(set-info :status sat)
(check-sat)
(pop 1)

; The two divisions give different code sizes.
(push 1)
(assert (not (= (+ (truncated room down) 1) (+ (div room down) 1))))
(set-info :status sat)
(check-sat)
(get-value (in taps down dilation pad pad_end))
(pop 1)
