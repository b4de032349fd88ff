"""The pages by the names of their files: title and icon, in the groups of the sidebar."""

GROUPS = {
    "Network": {
        "overview": ("Overview", ":material/home:"),
        "filters": ("Filters", ":material/grid_view:"),
        "top_patches": ("Top patches", ":material/photo_library:"),
        "unit": ("Unit", ":material/filter_center_focus:"),
        "evolution": ("Evolution", ":material/timeline:"),
        "directions": ("Directions", ":material/explore:"),
        "diagnosis": ("Diagnose", ":material/stethoscope:"),
    },
    "One image": {
        "feature_maps": ("Feature maps & deconvnet", ":material/layers:"),
        "by_hand": ("Convolution by hand", ":material/calculate:"),
        "class_evidence": ("Class evidence", ":material/trending_up:"),
        "occlusion": ("Occlusion", ":material/visibility_off:"),
        "attribution": ("Attribution", ":material/local_fire_department:"),
        "invariance": ("Invariance", ":material/sync:"),
        "retrieval": ("Retrieval", ":material/image_search:"),
    },
    "Whole set": {
        "mistakes": ("Mistakes", ":material/rule:"),
        "localisation": ("Localisation", ":material/my_location:"),
        "correspondence": ("Correspondence", ":material/join_inner:"),
        "probe": ("Probes", ":material/query_stats:"),
    },
    "Runs": {
        "train": ("Train", ":material/model_training:"),
        "compare": ("Compare", ":material/compare_arrows:"),
    },
}
PAGES = {name: words for group in GROUPS.values() for name, words in group.items()}
VIEWS = {name: words for name, words in PAGES.items() if name not in GROUPS["Runs"]}
