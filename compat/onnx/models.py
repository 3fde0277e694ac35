"""The models of the fixtures. Each entry of MODELS trains one: the ONNX model, inputs for it, and what the library predicts for these."""

import lightgbm as lgb
import numpy as np
import onnx.helper
import onnxmltools
import pandas as pd
import xgboost as xgb
from onnxmltools.convert.common.data_types import FloatTensorType as OnnxmltoolsFloat
from skl2onnx import convert_sklearn, to_onnx
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn import compose, datasets, ensemble, impute, linear_model, neural_network, pipeline, preprocessing, svm, tree

ROWS = 24
MODELS = {}
IRIS, KIND = datasets.load_iris(return_X_y=True)
KINDS = np.array(["setosa", "versicolor", "virginica"])
CANCER, BENIGN = datasets.load_breast_cancer(return_X_y=True)
CANCER = CANCER[:, :8]
DIABETES, PROGRESS = datasets.load_diabetes(return_X_y=True)

# skl2onnx 1.20 hands NumPy's unsigned integers and booleans of HistGradientBoosting on to onnx, which takes Python's integers only.
make_attribute = onnx.helper.make_attribute
onnx.helper.make_attribute = lambda key, value, *args, **more: make_attribute(
    key, [int(v) if isinstance(v, (np.integer, bool)) else v for v in value] if isinstance(value, list) else value, *args, **more
)


def fixture(build):
    MODELS[build.__name__.replace("_", "-")] = build
    return build


def some(X, missing=False, dtype=np.float32):
    """Rows from all over the data, and one far outside; with values missing where the model knows what to do."""
    rows = np.array(X[:: max(1, len(X) // ROWS)][: ROWS - 1], dtype=dtype)
    rows = np.vstack([rows, np.array([[1e6] * X.shape[1]], dtype=dtype)])
    if missing:
        rows[np.arange(len(rows)) % 3 == 0, np.arange(len(rows))[::3] % X.shape[1]] = np.nan
    return rows


def classifier(model, X, y, missing=False, dtype=np.float32, zipmap=False, **more):
    X = np.asarray(X, dtype=dtype)
    model.fit(X, y)
    rows = some(X, missing, dtype)
    options = {id(model): {"zipmap": zipmap}} if zipmap is not None else None
    return to_onnx(model, X[:1], options=options, **more), {"X": rows}, {"label": model.predict(rows), "probabilities": model.predict_proba(rows)}


def regressor(model, X, y, missing=False, dtype=np.float32):
    X = np.asarray(X, dtype=dtype)
    model.fit(X, y)
    rows = some(X, missing, dtype)
    return to_onnx(model, X[:1]), {"X": rows}, {"value": model.predict(rows)}


def gaps(X):
    """The data with every eleventh value missing."""
    X = np.array(X)
    X.ravel()[::11] = np.nan
    return X


@fixture
def sklearn_logistic_binary():
    return classifier(pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.LogisticRegression()), CANCER, BENIGN)


@fixture
def sklearn_logistic_multiclass_strings():
    return classifier(linear_model.LogisticRegression(max_iter=500), IRIS, KINDS[KIND], zipmap=True)


@fixture
def sklearn_logistic_double():
    return classifier(linear_model.LogisticRegression(max_iter=500), IRIS, KIND, dtype=np.float64)


@fixture
def sklearn_logistic_binary_double():
    return classifier(linear_model.LogisticRegression(max_iter=5000), CANCER, BENIGN, dtype=np.float64)


@fixture
def sklearn_sgd():
    return classifier(linear_model.SGDClassifier(loss="log_loss", random_state=0), preprocessing.scale(IRIS), KIND)


@fixture
def sklearn_linear():
    return regressor(linear_model.LinearRegression(), DIABETES, PROGRESS)


@fixture
def sklearn_linear_double():
    return regressor(linear_model.LinearRegression(), DIABETES, PROGRESS, dtype=np.float64)


@fixture
def sklearn_tree():
    return classifier(tree.DecisionTreeClassifier(max_depth=4, random_state=0), IRIS, KIND, zipmap=True)


@fixture
def sklearn_tree_regressor():
    return regressor(tree.DecisionTreeRegressor(max_depth=4, random_state=0), DIABETES, PROGRESS)


@fixture
def sklearn_forest():
    return classifier(ensemble.RandomForestClassifier(8, max_depth=4, random_state=0), IRIS, KINDS[KIND], zipmap=True)


@fixture
def sklearn_forest_binary():
    return classifier(ensemble.RandomForestClassifier(8, max_depth=5, random_state=0), CANCER, BENIGN)


@fixture
def sklearn_forest_double():
    return classifier(ensemble.RandomForestClassifier(6, max_depth=4, random_state=0), IRIS, KIND, dtype=np.float64)


@fixture
def sklearn_forest_regressor():
    return regressor(ensemble.RandomForestRegressor(6, max_depth=4, random_state=0), DIABETES, PROGRESS)


@fixture
def sklearn_boosting_binary():
    return classifier(ensemble.GradientBoostingClassifier(n_estimators=12, random_state=0), CANCER, BENIGN)


@fixture
def sklearn_boosting_multiclass():
    return classifier(ensemble.GradientBoostingClassifier(n_estimators=6, random_state=0), IRIS, KINDS[KIND])


@fixture
def sklearn_boosting_regressor():
    return regressor(ensemble.GradientBoostingRegressor(n_estimators=12, random_state=0), DIABETES, PROGRESS)


@fixture
def sklearn_hist_binary():
    return classifier(ensemble.HistGradientBoostingClassifier(max_iter=8, max_leaf_nodes=12), gaps(CANCER), BENIGN, missing=True)


@fixture
def sklearn_hist_multiclass():
    return classifier(ensemble.HistGradientBoostingClassifier(max_iter=4, max_leaf_nodes=12), gaps(IRIS), KINDS[KIND], missing=True)


@fixture
def sklearn_hist_regressor():
    return regressor(ensemble.HistGradientBoostingRegressor(max_iter=8, max_leaf_nodes=12), gaps(DIABETES), PROGRESS, missing=True)


@fixture
def sklearn_mlp():
    return classifier(neural_network.MLPClassifier((8,), max_iter=200, random_state=0), IRIS, KINDS[KIND])


@fixture
def sklearn_mlp_binary():
    mlp = neural_network.MLPClassifier((8, 4), activation="tanh", max_iter=100, random_state=0)
    return classifier(pipeline.make_pipeline(preprocessing.StandardScaler(), mlp), CANCER, BENIGN)


@fixture
def sklearn_mlp_regressor():
    return regressor(neural_network.MLPRegressor(hidden_layer_sizes=(8,), activation="logistic", max_iter=100, random_state=0), DIABETES, PROGRESS)


@fixture
def sklearn_scalers():
    steps = [impute.SimpleImputer(), preprocessing.MinMaxScaler(), preprocessing.RobustScaler(), preprocessing.Normalizer(), linear_model.LogisticRegression()]
    return classifier(pipeline.make_pipeline(*steps), gaps(IRIS), KIND, missing=True)


@fixture
def sklearn_svm():
    """Has no compiled form: goes to ONNX Runtime."""
    return classifier(svm.SVC(probability=True, random_state=0), IRIS, KINDS[KIND], zipmap=True)


TABLE = pd.DataFrame(
    {
        "age": np.linspace(18, 80, 200),
        "income": 1000 + 37.5 * (np.arange(200) * 7 % 101),
        "children": np.arange(200) % 5,
        "city": [["Berlin", "Zürich", "東京", "Łódź"][i * 7 // 2 % 4] for i in range(200)],
        "plan": [["free", "pro"][i // 3 % 2] for i in range(200)],
    }
)
TABLE.loc[::7, "age"] = np.nan
LEAVES = ((TABLE.age.fillna(40) < 45) ^ (TABLE.children > 2) | (TABLE.city == "東京")).astype(int)
COLUMNS = [
    ("age", FloatTensorType([None, 1])),
    ("income", FloatTensorType([None, 1])),
    ("children", Int64TensorType([None, 1])),
    ("city", StringTensorType([None, 1])),
    ("plan", StringTensorType([None, 1])),
]


def table(model, encoder=None):
    numbers = pipeline.make_pipeline(impute.SimpleImputer(strategy="median"), preprocessing.StandardScaler())
    encoder = encoder or preprocessing.OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    columns = compose.ColumnTransformer([("numbers", numbers, ["age", "income", "children"]), ("words", encoder, ["city", "plan"])])
    whole = pipeline.Pipeline([("columns", columns), ("model", model)]).fit(TABLE, LEAVES)
    rows = TABLE.iloc[::9].head(ROWS).copy()
    rows.iloc[3, 3] = "nowhere"
    rows.iloc[5, 4] = ""
    inputs = {
        "age": rows[["age"]].to_numpy(np.float32),
        "income": rows[["income"]].to_numpy(np.float32),
        "children": rows[["children"]].to_numpy(np.int64),
        "city": rows[["city"]].to_numpy(object),
        "plan": rows[["plan"]].to_numpy(object),
    }
    predicted = {"label": whole.predict(rows), "probabilities": whole.predict_proba(rows)}
    return convert_sklearn(whole, initial_types=COLUMNS, options={id(whole): {"zipmap": False}}), inputs, predicted


@fixture
def table_logistic():
    return table(linear_model.LogisticRegression())


@fixture
def table_forest():
    return table(ensemble.RandomForestClassifier(6, max_depth=4, random_state=0))


@fixture
def table_hist():
    return table(ensemble.HistGradientBoostingClassifier(max_iter=5, max_leaf_nodes=8))


@fixture
def table_ordinal():
    ordinal = preprocessing.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return table(ensemble.GradientBoostingClassifier(n_estimators=5, random_state=0), ordinal)


def from_onnxmltools(convert, model, X, y, missing=False, **fit):
    X = np.asarray(X, dtype=np.float32)
    model.fit(X, y, **fit)
    rows = some(X, missing)
    onnx_model = convert(model, initial_types=[("X", OnnxmltoolsFloat([None, X.shape[1]]))])
    if hasattr(model, "predict_proba"):
        return onnx_model, {"X": rows}, {"label": model.predict(rows), "probabilities": model.predict_proba(rows)}
    return onnx_model, {"X": rows}, {"value": model.predict(rows)}


def lightgbm(model, X, y, **more):
    return from_onnxmltools(onnxmltools.convert_lightgbm, model.set_params(verbose=-1, num_leaves=12, deterministic=True, n_jobs=1), X, y, **more)


def xgboost(model, X, y, **more):
    return from_onnxmltools(onnxmltools.convert_xgboost, model.set_params(max_depth=4, n_jobs=1), X, y, **more)


@fixture
def lightgbm_binary():
    return lightgbm(lgb.LGBMClassifier(n_estimators=8), gaps(CANCER), BENIGN, missing=True)


@fixture
def lightgbm_multiclass():
    return lightgbm(lgb.LGBMClassifier(n_estimators=4), IRIS, KINDS[KIND])


@fixture
def lightgbm_regressor():
    return lightgbm(lgb.LGBMRegressor(n_estimators=8), DIABETES, PROGRESS)


@fixture
def lightgbm_forest():
    return lightgbm(lgb.LGBMClassifier(n_estimators=5, boosting_type="rf", bagging_freq=1, bagging_fraction=0.7, random_state=0), CANCER, BENIGN)


@fixture
def lightgbm_categories():
    """Splits by sets of categories, which become chains of BRANCH_EQ with one child in common."""
    random = np.random.RandomState(0)
    X = np.column_stack([random.randint(0, 20, 400), random.rand(400)])
    y = np.isin(X[:, 0], [1, 5, 7, 9, 13]) ^ (X[:, 1] > 0.8)
    model = lgb.LGBMClassifier(n_estimators=4, min_child_samples=2, cat_smooth=1, max_cat_to_onehot=2)
    return lightgbm(model, X, y.astype(int), categorical_feature=[0])


@fixture
def xgboost_binary():
    return xgboost(xgb.XGBClassifier(n_estimators=8), gaps(CANCER), BENIGN, missing=True)


@fixture
def xgboost_multiclass():
    return xgboost(xgb.XGBClassifier(n_estimators=4), IRIS, KIND)


@fixture
def xgboost_regressor():
    return xgboost(xgb.XGBRegressor(n_estimators=6), gaps(DIABETES), PROGRESS, missing=True)


@fixture
def xgboost_poisson():
    return xgboost(xgb.XGBRegressor(n_estimators=5, objective="count:poisson"), DIABETES, PROGRESS)
