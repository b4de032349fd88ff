"""The pages by the names of their files: title and icon."""

VIEWS = {
    "overview": ("Overview", ":material/home:"),
    "filters": ("Filters", ":material/grid_view:"),
    "top_patches": ("Top patches", ":material/photo_library:"),
    "unit": ("Unit", ":material/filter_center_focus:"),
    "feature_maps": ("Feature maps & deconvnet", ":material/layers:"),
    "by_hand": ("Convolution by hand", ":material/calculate:"),
    "evolution": ("Evolution", ":material/timeline:"),
    "class_evidence": ("Class evidence", ":material/trending_up:"),
    "occlusion": ("Occlusion", ":material/visibility_off:"),
    "attribution": ("Attribution", ":material/local_fire_department:"),
    "localisation": ("Localisation", ":material/my_location:"),
    "invariance": ("Invariance", ":material/sync:"),
    "correspondence": ("Correspondence", ":material/join_inner:"),
    "retrieval": ("Retrieval", ":material/image_search:"),
    "mistakes": ("Mistakes", ":material/rule:"),
    "diagnosis": ("Diagnose", ":material/stethoscope:"),
}
PAGES = VIEWS | {
    "compare": ("Compare", ":material/compare_arrows:"),
    "train": ("Train", ":material/model_training:"),
}
