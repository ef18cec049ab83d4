(* The algorithms that the engine uses, F(m, r) of Toom and Cook, Winograd's transposed: m neighbouring results of a
   convolution of r taps and stride 1, from m + r - 1 products. F_m_r_scale is one of them: tiles of different sizes that
   make up one axis have the same scale.

   Their identity is computed, number by number. The matrices hold whole numbers, so the identity is carried to
   any commutative ring, and the theorems of Bilinear.v say what follows: the three maps of a short convolution,
   two axes at once, and whole axes that are cut into tiles. *)
(* SPDX-License-Identifier: Apache-2.0 *)
From Coq Require Import List InitialRing.
From fsconv Require Export Checkerboard Tiles.
Import ListNotations Integers.

(* ---- The numbers -------------------------------------------------------------------------------------- *)

Definition entry (rows : list (list Z)) (t c : Z) : Z := nth (Z.to_nat c) (nth (Z.to_nat t) rows []) 0.

Definition F (m r scale : Z) (code filter image : list (list Z)) : Bilinear Z :=
  {| results := m; filter_taps := r; pixels := m + r - 1; products := m + r - 1;
     code := entry code; filter := entry filter; image := entry image; scale := scale |}.

(* A test compares these lines with the matrices of engine/bilinear.hpp (tests/proofs/bilinear_test.cpp).
   F(m, r), scale; code, filter, image. *)
(* Begin matrices *)
Definition F_1_1_1 : Bilinear Z := F 1 1 1
  [[1]]
  [[1]]
  [[1]].
Definition F_2_2_1 : Bilinear Z := F 2 2 1
  [[-1; 0]; [1; 1]; [0; 1]]
  [[1; 0]; [1; 1]; [0; 1]]
  [[-1; 1; 0]; [0; 1; 0]; [0; -1; 1]].
Definition F_2_2_2 : Bilinear Z := F 2 2 2
  [[-2; 0]; [2; 2]; [0; 2]]
  [[1; 0]; [1; 1]; [0; 1]]
  [[-1; 1; 0]; [0; 1; 0]; [0; -1; 1]].
Definition F_3_2_2 : Bilinear Z := F 3 2 2
  [[-2; 0; 0]; [1; 1; 1]; [1; -1; 1]; [0; 0; 2]]
  [[1; 0]; [1; 1]; [1; -1]; [0; 1]]
  [[-1; 0; 1; 0]; [0; 1; 1; 0]; [0; -1; 1; 0]; [0; -1; 0; 1]].
Definition F_2_2_6 : Bilinear Z := F 2 2 6
  [[-6; 0]; [6; 6]; [0; 6]]
  [[1; 0]; [1; 1]; [0; 1]]
  [[-1; 1; 0]; [0; 1; 0]; [0; -1; 1]].
Definition F_3_2_6 : Bilinear Z := F 3 2 6
  [[-6; 0; 0]; [3; 3; 3]; [3; -3; 3]; [0; 0; 6]]
  [[1; 0]; [1; 1]; [1; -1]; [0; 1]]
  [[-1; 0; 1; 0]; [0; 1; 1; 0]; [0; -1; 1; 0]; [0; -1; 0; 1]].
Definition F_4_2_6 : Bilinear Z := F 4 2 6
  [[3; 0; 0; 0]; [-3; -3; -3; -3]; [-1; 1; -1; 1]; [1; 2; 4; 8]; [0; 0; 0; 6]]
  [[1; 0]; [1; 1]; [1; -1]; [1; 2]; [0; 1]]
  [[2; -1; -2; 1; 0]; [0; -2; -1; 1; 0]; [0; 2; -3; 1; 0]; [0; -1; 0; 1; 0]; [0; 2; -1; -2; 1]].
Definition F_2_3_2 : Bilinear Z := F 2 3 2
  [[-2; 0]; [1; 1]; [1; -1]; [0; 2]]
  [[1; 0; 0]; [1; 1; 1]; [1; -1; 1]; [0; 0; 1]]
  [[-1; 0; 1; 0]; [0; 1; 1; 0]; [0; -1; 1; 0]; [0; -1; 0; 1]].
Definition F_2_3_24 : Bilinear Z := F 2 3 24
  [[-24; 0]; [12; 12]; [12; -12]; [0; 24]]
  [[1; 0; 0]; [1; 1; 1]; [1; -1; 1]; [0; 0; 1]]
  [[-1; 0; 1; 0]; [0; 1; 1; 0]; [0; -1; 1; 0]; [0; -1; 0; 1]].
Definition F_4_3_24 : Bilinear Z := F 4 3 24
  [[6; 0; 0; 0]; [-4; -4; -4; -4]; [-4; 4; -4; 4]; [1; 2; 4; 8]; [1; -2; 4; -8]; [0; 0; 0; 24]]
  [[1; 0; 0]; [1; 1; 1]; [1; -1; 1]; [1; 2; 4]; [1; -2; 4]; [0; 0; 1]]
  [[4; 0; -5; 0; 1; 0]; [0; -4; -4; 1; 1; 0]; [0; 4; -4; -1; 1; 0]; [0; -2; -1; 2; 1; 0]; [0; 2; -1; -2; 1; 0]; [0; 4; 0; -5; 0; 1]].
Definition algorithms : list (Bilinear Z) :=
  [F_1_1_1; F_2_2_1; F_2_2_2; F_3_2_2; F_2_2_6; F_3_2_6; F_4_2_6; F_2_3_2; F_2_3_24; F_4_3_24].
(* End matrices *)

(* ---- The identity, computed --------------------------------------------------------------------------- *)

(* A test of every index below n. *)
Definition all (n : Z) (test : Z -> bool) : bool := forallb (fun j => test (Z.of_nat j)) (seq 0 (Z.to_nat n)).

Definition is_exact (b : Bilinear Z) (T : Z -> Z -> Z -> Z) : bool :=
  all (results b) (fun i => all (filter_taps b) (fun j => all (pixels b) (fun p =>
    (sum t < products b, code b t i * filter b t j * image b t p) =? scale b * T i j p))).

Lemma all_spec n test : all n test = true -> forall j, 0 <= j < n -> test j = true.
Proof.
  intros Hall j Hj. unfold all in Hall. rewrite forallb_forall in Hall. rewrite <- (Z2Nat.id j) by lia.
  apply Hall, in_seq. lia.
Qed.

Lemma is_exact_spec b T : is_exact b T = true -> exact b T.
Proof.
  intros Hexact i j p Hi Hj Hp. apply Z.eqb_eq.
  exact (all_spec _ _ (all_spec _ _ (all_spec _ _ Hexact i Hi) j Hj) p Hp).
Qed.

(* The axis of a short convolution: y[i] = sum over j of w[j] x[i+j]. *)
Definition short (b : Bilinear Z) : Axis :=
  {| in_ := pixels b; out := results b; taps := filter_taps b; down := 1; up := 1; dilation := 1; pad := 0 |}.

Theorem algorithms_are_exact b : In b algorithms -> exact b (taps_of (short b)).
Proof. intros Hin. repeat (destruct Hin as [<- | Hin]; [apply is_exact_spec; reflexivity |]). destruct Hin. Qed.

(* F(2, 2) on paper. w = (2, 5), x = (1, 4, 3) and y = (1, 10): three products for each of the three maps. *)
Definition on_paper (values : list Z) (j : Z) : Z := nth (Z.to_nat j) values 0.

Example by_hand :
  let w := on_paper [2; 5] in let x := on_paper [1; 4; 3] in let y := on_paper [1; 10] in
  let b := F_2_2_1 in let a := short b in
  (map (times 2 (filter b) w) [0; 1; 2], map (times 3 (image b) x) [0; 1; 2], map (times 2 (code b) y) [0; 1; 2])
    = ([2; 7; 5], [3; 4; -1], [-1; 11; 10])
  /\ map (fast_conv b w x) [0; 1] = [22; 23] /\ map (conv a w x) [0; 1] = [22; 23]
  /\ map (fast_conv_transpose b w y) [0; 1; 2] = [2; 25; 50]
  /\ map (conv_transpose a w y) [0; 1; 2] = [2; 25; 50]
  /\ map (fast_weight_gradient b y x) [0; 1] = [41; 34] /\ map (weight_gradient a y x) [0; 1] = [41; 34].
Proof. repeat split. Qed.

(* Without the scale, F(3, 2) gives twice the result. *)
Example scale_forgotten_differs :
  let w := on_paper [2; 5] in let x := on_paper [1; 4; 3; 0] in let b := F_3_2_2 in
  map (fast_conv b w x) [0; 1; 2] = [44; 46; 12] /\ map (conv (short b) w x) [0; 1; 2] = [22; 23; 6].
Proof. repeat split. Qed.

(* ---- In any commutative ring -------------------------------------------------------------------------- *)

Section AnyRing.
  Context {R : Type} `{Ring R}.
  Implicit Types (b : Bilinear Z) (w x y : Z -> R).

  Lemma ring_laws : ring_theory zero one add mul (fun u v : R => u [+] opp v) opp eq.
  Proof.
    constructor; [apply add_zero | apply add_comm | apply add_assoc | apply mul_one | apply mul_comm
                 | apply mul_assoc | apply mul_add | reflexivity | apply add_opp].
  Qed.

  (* The whole number z: one [+] one [+] ... *)
  Definition whole : Z -> R := gen_phiZ zero one add mul opp.

  Definition in_ring b : Bilinear R :=
    {| results := results b; filter_taps := filter_taps b; pixels := pixels b; products := products b;
       code t i := whole (code b t i); filter t j := whole (filter b t j); image t p := whole (image b t p);
       scale := whole (scale b) |}.

  Lemma whole_morphism : ring_morph zero one add mul (fun u v : R => u [+] opp v) opp eq
                                    0 1 Z.add Z.mul Z.sub Z.opp Zeq_bool whole.
  Proof. apply (gen_phiZ_morph (Eqsth R) (Eq_ext add mul opp) ring_laws). Qed.

  Lemma whole_sum n (f : Z -> Z) : whole (sum j < n, f j) = sum j < n, whole (f j).
  Proof.
    induction n as [n Hn | n Hn IH] using loop_induction.
    - rewrite !sum_empty by lia. apply (morph0 whole_morphism).
    - rewrite !sum_step, <- IH by lia. apply (morph_add whole_morphism).
  Qed.

  (* An identity of whole numbers holds in every ring. *)
  Theorem exact_in_any_ring b T : exact b T -> exact (in_ring b) (fun i j p => whole (T i j p)).
  Proof.
    intros Hexact i j p Hi Hj Hp. cbn [in_ring results filter_taps pixels products code filter image scale] in *.
    rewrite <- (morph_mul whole_morphism). change (scale b * T i j p) with (scale b [*] T i j p).
    rewrite <- Hexact, whole_sum by assumption. apply sum_ext. intros t _. symmetry.
    etransitivity; [apply (morph_mul whole_morphism) |]. f_equal. apply (morph_mul whole_morphism).
  Qed.

  (* So an axis, whole or in tiles, whose identity was computed has its three maps from that many products. *)
  Lemma computed_for_axis b a : is_exact b (taps_of a) = true -> fits b a -> 1 <= up a -> 1 <= down a ->
    (forall w x o, 0 <= o < out a -> whole (scale b) [*] conv a w x o = fast_conv (in_ring b) w x o)
    /\ (forall w y i, 0 <= i < in_ a ->
          whole (scale b) [*] conv_transpose a w y i = fast_conv_transpose (in_ring b) w y i)
    /\ (forall y x k, 0 <= k < taps a ->
          whole (scale b) [*] weight_gradient a y x k = fast_weight_gradient (in_ring b) y x k).
  Proof.
    intros Hexact Hfits Hup Hdown. apply (exact_for_axis (in_ring b) a); [exact Hfits | | assumption | assumption].
    intros o k i Ho Hk Hi. rewrite (exact_in_any_ring b _ (is_exact_spec _ _ Hexact)) by assumption. f_equal.
    unfold taps_of. destruct (joined a o i k); [apply (morph1 whole_morphism) | apply (morph0 whole_morphism)].
  Qed.

  (* The algorithms of the list, in any commutative ring: each computes the three maps of its short convolution. *)
  Theorem algorithms_compute b : In b algorithms ->
    (forall w x i, 0 <= i < results b ->
       whole (scale b) [*] conv (short b) w x i = fast_conv (in_ring b) w x i)
    /\ (forall w y p, 0 <= p < pixels b ->
          whole (scale b) [*] conv_transpose (short b) w y p = fast_conv_transpose (in_ring b) w y p)
    /\ (forall y x j, 0 <= j < filter_taps b ->
          whole (scale b) [*] weight_gradient (short b) y x j = fast_weight_gradient (in_ring b) y x j).
  Proof.
    intros Hin. apply (computed_for_axis b (short b)); cbn [short up down]; [| easy | lia | lia].
    repeat (destruct Hin as [<- | Hin]; [reflexivity |]). destruct Hin.
  Qed.

  (* And each computes a tile of every axis whose phases have so many taps. *)
  Theorem algorithms_compute_tiles b a up_step down_step r first w x t c : In b algorithms ->
    1 <= up a -> 1 <= dilation a -> steps a up_step down_step ->
    reached a down_step r first (filter_taps b) -> 0 <= c < results b ->
    whole (scale b) [*] conv a w x (r + up_step * (t + c))
    = sum f < down_step,
        fast_conv (in_ring b) (phase_filter a down_step r first w f) (phase_image a down_step first x t f) c.
  Proof.
    intros Hin Hup Hdilation Hsteps Hreached Hc.
    apply (tile_is_conv a up_step down_step r first (in_ring b)); try assumption; cbn [in_ring filter_taps].
    - repeat (destruct Hin as [<- | Hin]; [discriminate |]). destruct Hin.
    - split; [cbn; repeat (destruct Hin as [<- | Hin]; [reflexivity |]); destruct Hin |].
      intros i j p Hi Hj Hp. rewrite (exact_in_any_ring b _ (algorithms_are_exact b Hin)) by assumption. f_equal.
      unfold taps_of, joined. cbn [short up down dilation pad].
      replace (1 * p =? 1 * i + 1 * j - 0) with (p =? i + j) by (f_equal; ring).
      destruct (p =? i + j); [apply (morph1 whole_morphism) | apply (morph0 whole_morphism)].
  Qed.
End AnyRing.

(* Any two of them along two axes. *)
Theorem algorithms_of_two_axes_are_exact b b' : In b algorithms -> In b' algorithms ->
  exact (along_two_axes b b') (taps_of_two b' (taps_of (short b)) (taps_of (short b'))).
Proof.
  intros Hin Hin'. apply two_axes_are_exact; try (now apply algorithms_are_exact);
    repeat (destruct Hin' as [<- | Hin']; [discriminate |]); destruct Hin'.
Qed.

(* Products, and taps in their place, of two axes: 9/16, 4/9, 25/64 for two taps, 4/9 and 1/4 for three. *)
Definition cost (b : Bilinear Z) : Z * Z :=
  let two := along_two_axes b b in (products two, results two * filter_taps two).

Example costs : map cost [F_2_2_1; F_3_2_2; F_4_2_6; F_2_3_2; F_4_3_24]
                = [(9, 16); (16, 36); (25, 64); (16, 36); (36, 144)].
Proof. reflexivity. Qed.

(* ---- Axes in tiles ------------------------------------------------------------------------------------ *)

(* The F(m, r) of a phase and a tile: its results are the code pixels o, its taps the taps k, and it reads the image
   pixels i. What is not there is -1. *)
Definition there (indices : list Z) (c : Z) : option Z :=
  let index := nth (Z.to_nat c) indices (-1) in if index <? 0 then None else Some index.
Definition tile (a : Axis) (b : Bilinear Z) (o k i : list Z) : Bilinear Z :=
  placed (out a) (taps a) (in_ a) (there o) (there k) (there i) b.
Definition all_of (tiles : list (Bilinear Z)) : Bilinear Z :=
  match tiles with [] => F_1_1_1 | first :: rest => fold_left together rest first end.

(* Seven code pixels cut into 3 + 2 + 2; taps that come in phases of three and of two; a stride of 3/2. These lines
   are the engine's, too: engine/tiled_axis.hpp (the same test). *)
(* Begin tiles *)
Definition k4s2p1 : Axis :=
  {| in_ := 14; out := 7; taps := 4; down := 2; up := 1; dilation := 1; pad := 1 |}.
Definition k4s2p1_tiles : list (Bilinear Z) :=
  [tile k4s2p1 F_2_2_2 [3; 4] [1; 3] [6; 8; 10];
   tile k4s2p1 F_2_2_2 [3; 4] [0; 2] [5; 7; 9];
   tile k4s2p1 F_2_2_2 [5; 6] [1; 3] [10; 12; -1];
   tile k4s2p1 F_2_2_2 [5; 6] [0; 2] [9; 11; 13];
   tile k4s2p1 F_3_2_2 [0; 1; 2] [1; 3] [0; 2; 4; 6];
   tile k4s2p1 F_3_2_2 [0; 1; 2] [0; 2] [-1; 1; 3; 5]].
Definition k5s2p2 : Axis :=
  {| in_ := 8; out := 4; taps := 5; down := 2; up := 1; dilation := 1; pad := 2 |}.
Definition k5s2p2_tiles : list (Bilinear Z) :=
  [tile k5s2p2 F_2_3_2 [0; 1] [0; 2; 4] [-1; 0; 2; 4];
   tile k5s2p2 F_2_3_2 [0; 1] [1; 3; -1] [-1; 1; 3; 5];
   tile k5s2p2 F_2_3_2 [2; 3] [0; 2; 4] [2; 4; 6; -1];
   tile k5s2p2 F_2_3_2 [2; 3] [1; 3; -1] [3; 5; 7; -1]].
Definition k12s3_2p1 : Axis :=
  {| in_ := 10; out := 4; taps := 12; down := 3; up := 2; dilation := 1; pad := 1 |}.
Definition k12s3_2p1_tiles : list (Bilinear Z) :=
  [tile k12s3_2p1 F_2_2_1 [0; 2] [1; 7] [0; 3; 6];
   tile k12s3_2p1 F_2_2_1 [0; 2] [3; 9] [1; 4; 7];
   tile k12s3_2p1 F_2_2_1 [0; 2] [5; 11] [2; 5; 8];
   tile k12s3_2p1 F_2_2_1 [1; 3] [4; 10] [3; 6; 9];
   tile k12s3_2p1 F_2_2_1 [1; 3] [0; 6] [1; 4; 7];
   tile k12s3_2p1 F_2_2_1 [1; 3] [2; 8] [2; 5; 8]].
Definition tiled_axes : list (Axis * list (Bilinear Z)) :=
  [(k4s2p1, k4s2p1_tiles); (k5s2p2, k5s2p2_tiles); (k12s3_2p1, k12s3_2p1_tiles)].
(* End tiles *)

(* Every tap of the axis once and nothing else, borders included: the identity of the axis holds for its tiles
   together, so that they compute its three maps. *)
Theorem tiles_compute {R} `{Ring R} a tiles : In (a, tiles) tiled_axes ->
  let b := all_of tiles in
  (forall w x o, 0 <= o < out a -> whole (scale b) [*] conv a w x o = fast_conv (in_ring b) w x o)
  /\ (forall w y i, 0 <= i < in_ a ->
        whole (scale b) [*] conv_transpose a w y i = fast_conv_transpose (in_ring b) w y i)
  /\ (forall y x k, 0 <= k < taps a ->
        whole (scale b) [*] weight_gradient a y x k = fast_weight_gradient (in_ring b) y x k).
Proof.
  intros Hin b.
  assert (is_exact b (taps_of a) = true /\ fits b a /\ 1 <= up a /\ 1 <= down a) as [Hexact [Hfits [Hup Hdown]]].
  { unfold b. repeat (destruct Hin as [[= <- <-] | Hin]; [vm_compute; intuition discriminate |]). destruct Hin. }
  now apply computed_for_axis.
Qed.

(* Their products, and the taps that they stand for. *)
Example costs_of_tiles :
  map (fun axis => (products (all_of (snd axis)), over_taps (fst axis) (fun _ _ _ => 1))) tiled_axes
  = [(20, 26); (16, 17); (18, 24)].
Proof. vm_compute. reflexivity. Qed.
