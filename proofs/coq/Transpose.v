(* The transposed convolution of one axis: what it is, in how many ways it can be said, and that they are
   the same.

   A convolution is a product with a sparse matrix W that the geometry and the filter determine. Its
   transpose W^T is the transposed convolution. It is the adjoint of the convolution, the gradient of the
   trilinear form L by the image, and a convolution itself: along the transposed axis, with the filter
   flipped and the stride inverted, which is why people call it fractionally strided. Each sentence is a
   theorem below, in any commutative semiring.

   An image, a code, a filter are functions of an index; only their values in range are ever used. *)
(* SPDX-License-Identifier: Apache-2.0 *)
From fsconv Require Export Scatter Polyphase.

(* The axis of W^T: the sides swapped, the stride inverted, the padding that is left over, as
   Axis::transposed() of axis.hpp has it. *)
Definition transposed (a : Axis) : Axis :=
  {| in_ := out a; out := in_ a; taps := taps a; down := up a; up := down a;
     dilation := dilation a; pad := extent a - 1 - pad a |}.

(* ---- Definitions ------------------------------------------------------------------------------------- *)

Section Transpose.
  Context {R : Type} `{Semiring R}.
  Add Ring values : (semiring_laws (R := R)).
  Implicit Types (w x y z : Z -> R) (a b : Axis) (o i k : Z).

  (* The filter backwards. *)
  Definition flipped a w : Z -> R := fun k => w (taps a - 1 - k).

  (* The entry of W in row o and column i. *)
  Definition W a w o i : R := sum k < taps a, when (joined a o i k) (w k).

  (* The loops of gather.hpp. *)
  Definition conv a w x o : R := sum k < taps a, given i := image_at a o k, w k [*] x i.
  Definition conv_transpose a w y i : R := sum k < taps a, given o := code_at a i k, w k [*] y o.
  Definition weight_gradient a y x k : R := sum o < out a, given i := image_at a o k, y o [*] x i.

  (* The transposed loops of scatter.hpp and polyphase.hpp. *)
  Definition scatter a w y i : R := scatter_at a i (fun o k => w k [*] y o).
  Definition polyphase a inverse w y i : R :=
    polyphase_at (conv_transpose_problem a) inverse i (fun o k => w k [*] y o).

  (* The trilinear form: one term for each tap. *)
  Definition L a y w x : R := over_taps a (fun o i k => y o [*] w k [*] x i).

  (* The inner product of two arrays of n values, and arrays to put into it. *)
  Definition pairing (n : Z) (u v : Z -> R) : R := sum j < n, u j [*] v j.
  Definition plus (u v : Z -> R) : Z -> R := fun j => u j [+] v j.
  Definition scaled (c : R) (u : Z -> R) : Z -> R := fun j => c [*] u j.
  Definition spike (at_ : Z) (h : R) : Z -> R := fun j => when (j =? at_) h.

  (* ---- W and W^T ------------------------------------------------------------------------------------- *)

  (* At most one tap joins two pixels, so an entry of W is one weight or zero, never a sum of weights. *)
  Theorem entry_of_W a w o i : 1 <= dilation a -> W a w o i = given k := tap_at a o i, w k.
  Proof. intros Hdilation. symmetry. now apply pair_part. Qed.

  (* A row of W times anything, and a column of W times anything. *)
  Lemma row_of_W a w o (f : Z -> R) : 1 <= up a ->
    sum i < in_ a, W a w o i [*] f i = sum k < taps a, (given i := image_at a o k, w k [*] f i).
  Proof.
    intros Hup. rewrite (code_pixel_part a o (fun i k => w k [*] f i)) by assumption.
    apply sum_ext. intros i _. unfold W.
    transitivity (f i [*] sum k < taps a, when (joined a o i k) (w k)); [ring |].
    rewrite mul_sum. apply sum_ext. intros k _. rewrite mul_when. f_equal. ring.
  Qed.

  Lemma column_of_W a w i (f : Z -> R) : 1 <= down a ->
    sum o < out a, W a w o i [*] f o = sum k < taps a, (given o := code_at a i k, w k [*] f o).
  Proof.
    intros Hdown. rewrite (image_pixel_part a i (fun o k => w k [*] f o)) by assumption.
    apply sum_ext. intros o _. unfold W.
    transitivity (f o [*] sum k < taps a, when (joined a o i k) (w k)); [ring |].
    rewrite mul_sum. apply sum_ext. intros k _. rewrite mul_when. f_equal. ring.
  Qed.

  (* The convolution is the product with W. *)
  Theorem conv_is_W a w x o : 1 <= up a ->
    conv a w x o = sum i < in_ a, W a w o i [*] x i.
  Proof. intros Hup. symmetry. now apply row_of_W. Qed.

  (* Gathering, with a division by the stride, is the product with W^T. *)
  Theorem conv_transpose_is_W_transposed a w y i : 1 <= down a ->
    conv_transpose a w y i = sum o < out a, W a w o i [*] y o.
  Proof. intros Hdown. symmetry. now apply column_of_W. Qed.

  (* Scattering, with a division by the dilation in a window of code pixels, is the same. *)
  Theorem scatter_is_conv_transpose a w y i : 1 <= down a -> 1 <= dilation a ->
    scatter a w y i = conv_transpose a w y i.
  Proof.
    intros Hdown Hdilation. unfold scatter. rewrite scatter_at_visits_the_taps by assumption.
    rewrite conv_transpose_is_W_transposed by assumption. apply sum_ext. intros o _.
    rewrite entry_of_W by assumption. destruct (tap_at a o i); cbn [if_found]; ring.
  Qed.

  (* Going phase by phase, with no division, is the same. *)
  Theorem polyphase_is_conv_transpose a inverse w y i :
    1 <= down a -> is_inverse (conv_transpose_problem a) inverse ->
    polyphase a inverse w y i = conv_transpose a w y i.
  Proof. intros. now apply phases_visit_the_taps_of_an_image_pixel. Qed.

  (* ---- One form, three derivatives ------------------------------------------------------------------- *)

  (* L grouped by code pixel ... *)
  Theorem L_by_code a y w x : 1 <= up a -> L a y w x = pairing (out a) y (conv a w x).
  Proof.
    intros Hup. unfold L. rewrite <- code_pixels_visit_the_taps by assumption. apply sum_ext. intros o _.
    unfold conv. rewrite mul_sum. apply sum_ext. intros k _. rewrite mul_given.
    destruct (image_at a o k); cbn [if_found]; ring.
  Qed.

  (* ... by image pixel ... *)
  Theorem L_by_image a y w x : 1 <= down a -> L a y w x = pairing (in_ a) x (conv_transpose a w y).
  Proof.
    intros Hdown. unfold L. rewrite <- image_pixels_visit_the_taps by assumption. apply sum_ext. intros i _.
    unfold conv_transpose. rewrite mul_sum. apply sum_ext. intros k _. rewrite mul_given.
    destruct (code_at a i k); cbn [if_found]; ring.
  Qed.

  (* ... and by tap. *)
  Theorem L_by_weight a y w x : 1 <= up a -> L a y w x = pairing (taps a) w (weight_gradient a y x).
  Proof.
    intros Hup. unfold L. rewrite <- taps_visit_the_taps by assumption. apply sum_ext. intros k _.
    unfold weight_gradient. rewrite mul_sum. apply sum_ext. intros o _. rewrite mul_given.
    destruct (image_at a o k); cbn [if_found]; ring.
  Qed.

  (* <y, W x> = <x, W^T y>: the transposed convolution is the adjoint of the convolution. *)
  Theorem adjoint a w x y : 1 <= up a -> 1 <= down a ->
    pairing (out a) y (conv a w x) = pairing (in_ a) x (conv_transpose a w y).
  Proof. intros. rewrite <- L_by_code, <- L_by_image by assumption. reflexivity. Qed.

  (* What an inner product does with sums, factors and spikes. *)
  Lemma pairing_linear n u u' v c :
    pairing n (plus u (scaled c u')) v = pairing n u v [+] c [*] pairing n u' v.
  Proof. unfold pairing, plus, scaled. rewrite mul_sum, <- sum_add. apply sum_ext. intros. ring. Qed.

  Lemma pairing_spike n j h v : 0 <= j < n -> pairing n (spike j h) v = h [*] v j.
  Proof.
    intros Hj. unfold pairing, spike. rewrite (sum_only n _ j Hj); [now rewrite Z.eqb_refl |].
    intros t _ Hne. rewrite (proj2 (Z.eqb_neq _ _) Hne). cbn [when]. ring.
  Qed.

  Lemma pairing_plus_spike n u j h v : 0 <= j < n ->
    pairing n (plus u (spike j h)) v = pairing n u v [+] h [*] v j.
  Proof.
    intros Hj. rewrite <- (pairing_spike n j h v Hj). unfold pairing, plus. rewrite <- sum_add. apply sum_ext.
    intros. ring.
  Qed.

  (* It is the only one: whatever satisfies that equation for all images and codes is conv_transpose. *)
  Theorem adjoint_is_unique a w (T : (Z -> R) -> Z -> R) : 1 <= up a -> 1 <= down a ->
    (forall x y, pairing (out a) y (conv a w x) = pairing (in_ a) x (T y)) ->
    forall y i, 0 <= i < in_ a -> T y i = conv_transpose a w y i.
  Proof.
    intros Hup Hdown HT y i Hi. specialize (HT (spike i one) y). rewrite adjoint in HT by assumption.
    rewrite !pairing_spike, !mul_one in HT by assumption. now symmetry.
  Qed.

  (* L is linear in each of its arguments. *)
  Theorem L_is_linear a y y' w w' x x' c : 1 <= up a -> 1 <= down a ->
    L a (plus y (scaled c y')) w x = L a y w x [+] c [*] L a y' w x
    /\ L a y (plus w (scaled c w')) x = L a y w x [+] c [*] L a y w' x
    /\ L a y w (plus x (scaled c x')) = L a y w x [+] c [*] L a y w x'.
  Proof.
    intros Hup Hdown. repeat split.
    - rewrite !L_by_code by assumption. apply pairing_linear.
    - rewrite !L_by_weight by assumption. apply pairing_linear.
    - rewrite !L_by_image by assumption. apply pairing_linear.
  Qed.

  (* Its derivatives. Where nothing can be divided, a derivative is a coefficient: changing one argument
     at one index by h changes L by h times it, exactly. By the image pixel i that coefficient is
     (W^T y)_i ... *)
  Theorem derivative_by_image a y w x i h : 1 <= down a -> 0 <= i < in_ a ->
    L a y w (plus x (spike i h)) = L a y w x [+] h [*] conv_transpose a w y i.
  Proof. intros. rewrite !L_by_image by assumption. now apply pairing_plus_spike. Qed.

  (* ... by the weight k it is the weight gradient ... *)
  Theorem derivative_by_weight a y w x k h : 1 <= up a -> 0 <= k < taps a ->
    L a y (plus w (spike k h)) x = L a y w x [+] h [*] weight_gradient a y x k.
  Proof. intros. rewrite !L_by_weight by assumption. now apply pairing_plus_spike. Qed.

  (* ... by the code pixel o it is (W x)_o ... *)
  Theorem derivative_by_code a y w x o h : 1 <= up a -> 0 <= o < out a ->
    L a (plus y (spike o h)) w x = L a y w x [+] h [*] conv a w x o.
  Proof. intros. rewrite !L_by_code by assumption. now apply pairing_plus_spike. Qed.

  (* ... and no other numbers would do: they are the values of L at the unit arrays. *)
  Theorem derivatives_are_values_of_L a y w x :
    (1 <= up a -> forall o, 0 <= o < out a -> L a (spike o one) w x = conv a w x o)
    /\ (1 <= down a -> forall i, 0 <= i < in_ a -> L a y w (spike i one) = conv_transpose a w y i)
    /\ (1 <= up a -> forall k, 0 <= k < taps a -> L a y (spike k one) x = weight_gradient a y x k).
  Proof.
    repeat split; intros.
    - rewrite L_by_code, pairing_spike by assumption. ring.
    - rewrite L_by_image, pairing_spike by assumption. ring.
    - rewrite L_by_weight, pairing_spike by assumption. ring.
  Qed.

  (* ---- The transpose is a convolution ---------------------------------------------------------------- *)

  (* Transposing twice gives the first axis and the first filter back. *)
  Theorem transposed_twice a : transposed (transposed a) = a.
  Proof. destruct a. unfold transposed, extent. cbn. f_equal. ring. Qed.

  Theorem flipped_twice a w k : flipped (transposed a) (flipped a w) k = w k.
  Proof. unfold flipped. cbn. f_equal. ring. Qed.

  (* A stride down/up becomes up/down: 2 becomes 1/2, and 3/2 becomes 2/3. *)
  Theorem stride_inverted a : (down (transposed a), up (transposed a)) = (up a, down a).
  Proof. reflexivity. Qed.

  (* The equation keeps its form: the taps of the transposed axis are the taps of the axis, counted
     backwards. *)
  Theorem joined_transposed a o i k : joined (transposed a) i o (taps a - 1 - k) = joined a o i k.
  Proof.
    unfold joined, transposed, extent. cbn. apply eq_true_iff_eq. rewrite !Z.eqb_eq. lia.
  Qed.

  (* So does the division: looking up an image pixel of the transposed axis is looking up a code pixel. *)
  Lemma image_at_transposed a i k : image_at (transposed a) i k = code_at a i (taps a - 1 - k).
  Proof. unfold image_at, code_at, transposed, extent. cbn. f_equal. ring. Qed.

  Lemma code_at_transposed a o k : code_at (transposed a) o k = image_at a o (taps a - 1 - k).
  Proof. unfold image_at, code_at, transposed, extent. cbn. f_equal. ring. Qed.

  (* The matrix of the transposed axis, with the flipped filter, is W^T. *)
  Theorem W_of_transposed a w o i : W (transposed a) (flipped a w) i o = W a w o i.
  Proof.
    unfold W. change (taps (transposed a)) with (taps a). rewrite sum_reverse. apply sum_ext. intros k _.
    rewrite joined_transposed. unfold flipped. do 2 f_equal. ring.
  Qed.

  (* A transposed convolution is a convolution: along the transposed axis, with the flipped filter. The
     stride down/up of the axis is inverted to up/down, whatever the two numbers are; they need not even
     be positive. *)
  Theorem conv_of_transposed a w y i : conv (transposed a) (flipped a w) y i = conv_transpose a w y i.
  Proof.
    unfold conv, conv_transpose. change (taps (transposed a)) with (taps a). symmetry. rewrite sum_reverse.
    apply sum_ext. intros k _. now rewrite image_at_transposed.
  Qed.

  (* And the other way round: transposing the transposed convolution gives the convolution. *)
  Theorem conv_transpose_of_transposed a w x o :
    conv_transpose (transposed a) (flipped a w) x o = conv a w x o.
  Proof.
    unfold conv, conv_transpose. change (taps (transposed a)) with (taps a). symmetry. rewrite sum_reverse.
    apply sum_ext. intros k _. now rewrite code_at_transposed.
  Qed.

  (* ---- Layers ---------------------------------------------------------------------------------------- *)

  (* The matrix of two layers, first a with filter w, then b with filter v. *)
  Definition W_of_two b v a w o i : R := sum j < out a, W b v o j [*] W a w j i.

  (* Two layers in a row are one matrix ... *)
  Theorem two_layers a w b v x o : in_ b = out a -> 1 <= up a -> 1 <= up b ->
    conv b v (conv a w x) o = sum i < in_ a, W_of_two b v a w o i [*] x i.
  Proof.
    intros Hfit Ha Hb. rewrite conv_is_W, Hfit by assumption.
    transitivity (sum j < out a, sum i < in_ a, W b v o j [*] (W a w j i [*] x i)).
    - apply sum_ext. intros j _. now rewrite conv_is_W, mul_sum by assumption.
    - rewrite sum_swap. apply sum_ext. intros i _. unfold W_of_two.
      transitivity (x i [*] sum j < out a, W b v o j [*] W a w j i); [| ring].
      rewrite mul_sum. apply sum_ext. intros. ring.
  Qed.

  (* ... whose transpose is the two transposed layers in the opposite order: what a decoder does. *)
  Theorem two_layers_transposed a w b v z i : in_ b = out a -> 1 <= down a -> 1 <= down b ->
    conv_transpose a w (conv_transpose b v z) i = sum o < out b, W_of_two b v a w o i [*] z o.
  Proof.
    intros Hfit Ha Hb. rewrite conv_transpose_is_W_transposed by assumption.
    transitivity (sum j < out a, sum o < out b, W a w j i [*] (W b v o j [*] z o)).
    - apply sum_ext. intros j _. now rewrite conv_transpose_is_W_transposed, mul_sum by assumption.
    - rewrite sum_swap. apply sum_ext. intros o _. unfold W_of_two.
      transitivity (z o [*] sum j < out a, W b v o j [*] W a w j i); [| ring].
      rewrite mul_sum. apply sum_ext. intros. ring.
  Qed.
End Transpose.
